"""Points and coupons as money at a checkout: quote, then hold (F57–F61).

What becomes of a hold is in `sales.services.payments`. Every write locks the member's point
account first, then the checkout's row, then the coupons.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from campaigns.policies.numbers import plain
from mall.policies.coupons import Discount
from mall.services import coupons
from points.exceptions import AccountFrozen
from points.policies import LIMIT, fingerprint
from points.selectors import balances
from points.services import accounts, checks, holds
from sales import exceptions
from sales.models import Checkout, Receipt
from sales.policies import deductions, receipts, refunds
from sales.policies.deductions import Most, Reason, Terms
from sales.policies.receipts import LineInput
from sales.selectors import checkouts as selectors
from sales.services import baskets
from sales.services.drafts import refusal_of
from stores.exceptions import Refusal
from stores.models import Store

SOURCE = "checkout"
CODES_MAX = coupons.CODES_MAX
_State = Checkout.State


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to pay for. `points` None: as many as may be used; 0: coupons only."""

    member_id: int
    lines: Sequence[LineInput]
    codes: Sequence[str] = ()
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What points and coupons can pay of an order. `points` are those that would be used.

    `fault` says why as many as asked for cannot be; `refusals` say it of coupons, by code.
    """

    total: Decimal
    discounts: list[Discount]
    refusals: dict[str, Refusal]
    most: Most
    points: int
    yuan: Decimal
    fault: Reason | None
    lines: list[refunds.PaidLine]
    balance: int
    terms: Terms

    @property
    def by_coupon(self) -> Decimal:
        return sum((one.yuan for one in self.discounts), Decimal(0))

    @property
    def left(self) -> Decimal:
        """Yuan that are left to pay in money."""
        return self.total - self.by_coupon - self.yuan


class Held(NamedTuple):
    """A checkout, and whether it stood before this call."""

    checkout: Checkout
    is_replay: bool = False


def quote(*, store: Store, order: Order, now: datetime) -> Quote:
    """How much points and coupons can pay, and why not more. Writes nothing.

    A fixed number of queries, however many lines. Raises `ReceiptRefused` for lines that are
    wrong in themselves.
    """
    baskets.check(order.lines)
    lines = baskets.with_facts(order.lines)
    found = coupons.Quote()
    if order.codes:
        found = coupons.quote(
            member_id=order.member_id, store_id=store.pk, lines=lines, codes=order.codes, at=now
        )
    return _quoted(order, lines, found.discounts, found.refusals, now)


def _quoted(
    order: Order,
    lines: Sequence[Any],
    discounts: list[Discount],
    refusals: dict[str, Refusal],
    now: datetime,
) -> Quote:
    terms = selectors.terms()
    balance = balances.balance(order.member_id, at=now)
    left, most = baskets.deduction(lines, discounts, terms, balance=balance.available)
    if balance.is_frozen and terms.is_on:
        frozen = Reason("account_frozen", {"reason": balance.frozen_reason})
        most = Most(reasons=(frozen,))
    points, fault = most.points, None
    if order.points is not None:
        points = order.points
        fault = deductions.fault_of(points, most, terms) if points else None
        points = 0 if fault is not None else deductions.fewest(points, terms)
    return Quote(
        total=baskets.total_of(order.lines),
        discounts=discounts,
        refusals=refusals,
        most=most,
        points=points,
        yuan=deductions.worth(points, terms),
        fault=fault,
        lines=_paid_lines(left, terms, points, discounts),
        balance=balance.available,
        terms=terms,
    )


def _paid_lines(
    left: Iterable[deductions.BasketLine],
    terms: Terms,
    points: int,
    discounts: Iterable[Discount],
) -> list[refunds.PaidLine]:
    off = baskets.coupon_shares(discounts)
    shares = {share.line_no: share for share in deductions.shares(left, terms, points)}
    none = deductions.Share(0, Decimal(0), 0)
    return [
        refunds.PaidLine(no, off.get(no, Decimal(0)), shares.get(no, none).yuan, part)
        for no in sorted({*off, *shares})
        for part in [shares.get(no, none).points]
    ]


def hold(*, store: Store, number: str, order: Order, actor: str, now: datetime) -> Held:
    """Set points and coupons aside for the order `number` of this store.

    The same number with the same content is answered with the first checkout, other content
    raises `CheckoutConflict`. Raises `DeductionRefused` with the limit that is passed,
    `CouponRefused`, `AccountFrozen`, `CheckoutEmpty` when there is nothing to hold, and
    `DuplicateNumber` when the receipt of that number is there already.
    """
    _check(number, order)
    mark = _fingerprint(order)
    try:
        with transaction.atomic():
            accounts.lock([order.member_id], at=now)
            known = selectors.of_store(store.pk, number)
            if known is not None:
                return _repeated(known, mark)
            if Receipt.objects.filter(store=store, number=number).exists():
                raise exceptions.DuplicateNumber(number=number)
            return Held(_held(store, number, order, mark, actor, now))
    except IntegrityError as error:
        # Another member's checkout came with the same number at the same instant.
        known = selectors.of_store(store.pk, number)
        if known is None:
            raise
        raise exceptions.CheckoutConflict(number=number) from error


def _held(
    store: Store, number: str, order: Order, mark: str, actor: str, now: datetime
) -> Checkout:
    holds.release_expired(member_id=order.member_id, at=now)
    until = now + timedelta(minutes=balances.ledger_settings().hold_minutes)
    lines = baskets.with_facts(order.lines)
    discounts = (
        coupons.lock(
            member_id=order.member_id,
            store_id=store.pk,
            lines=lines,
            codes=order.codes,
            order=number,
            until=until,
            actor=actor,
            at=now,
        )
        if order.codes
        else []
    )
    found = _quoted(order, lines, discounts, {}, now)
    _refuse(found, order)
    checkout = Checkout(
        store=store,
        number=number,
        member_id=order.member_id,
        state=_State.HELD,
        fingerprint=mark,
        basket=receipts.basket_mark(order.lines),
        lines=[_line_json(line) for line in order.lines],
        total=found.total,
        paid_by_coupon=found.by_coupon,
        paid_by_points=found.yuan,
        points=found.points,
        points_per_yuan=found.terms.points_per_yuan,
        coupons=[{"code": one.code, "yuan": str(one.yuan)} for one in discounts],
        plan=refunds.plan_json(found.lines, coupons_of=number if discounts else ""),
        expires_at=until,
        actor=actor,
        created_at=now,
    )
    reserve(checkout, reference(store.pk, number), until=until, actor=actor, now=now)
    checkout.save(force_insert=True)
    return checkout


def reserve(
    checkout: Checkout, hold_reference: str, *, until: datetime, actor: str, now: datetime
) -> None:
    """Hold the checkout's points in the ledger, which keeps what they are held for."""
    if not checkout.points:
        return
    holds.hold(
        member_id=checkout.member_id,
        points=checkout.points,
        reference=hold_reference,
        source=SOURCE,
        actor=actor,
        at=now,
        until=until,
        store_id=checkout.store_id,
        explanation=told(checkout),
    )
    checkout.plan["reference"] = hold_reference


def _check(number: str, order: Order) -> None:
    fault = receipts.number_fault(number)
    if fault is not None:
        raise refusal_of(fault)
    baskets.check(order.lines)
    if order.points is not None and not 0 <= order.points <= LIMIT:
        checks.points(order.points)


def _refuse(found: Quote, order: Order) -> None:
    """Raise why the order's points cannot be held."""
    wanted = order.points
    reasons = found.most.reasons
    if wanted is None or wanted:
        frozen = next((one for one in reasons if one.code == "account_frozen"), None)
        if frozen is not None and (wanted or not found.discounts):
            raise AccountFrozen(**frozen.params)
    if found.fault is not None:
        # Above the most: the limit itself says more than its figure.
        why = reasons[-1] if found.fault.code == "points_above_most" and reasons else found.fault
        raise exceptions.DeductionRefused(why.code, **why.params)
    if not found.points and not found.discounts:
        told = " ".join(selectors.sentence(one) for one in reasons)
        raise exceptions.CheckoutEmpty(reason=told)


def _repeated(known: Checkout, mark: str) -> Held:
    if known.fingerprint != mark:
        raise exceptions.CheckoutConflict(number=known.number)
    return Held(known, is_replay=True)


def _fingerprint(order: Order) -> str:
    wanted = "" if order.points is None else order.points
    lines = receipts.basket_mark(order.lines)
    kinds = "\x1e".join(line.category for line in order.lines)
    return fingerprint("checkout", order.member_id, wanted, lines, kinds, *sorted(order.codes))


def reference(store_id: int, number: str, what: str = "checkout") -> str:
    """What the ledger knows a checkout by; its later steps have references of their own."""
    return f"{what}:{store_id}:{number}"


def told(checkout: Checkout) -> dict[str, Any]:
    """What the ledger's entries say of a checkout."""
    return {
        "type": "checkout",
        "order": checkout.number,
        "yuan": plain(checkout.paid_by_points),
        "rate": checkout.points_per_yuan,
    }


def _line_json(line: LineInput) -> list[Any]:
    amount = receipts.line_amount(line)
    return [line.sku, line.name, plain(line.quantity), plain(amount), line.kind, line.category]
