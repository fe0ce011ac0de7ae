"""What becomes of a checkout: captured with its order, released, or timed out.

The account is locked first, then the checkout's row, then its coupons.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from mall.exceptions.coupons import CouponRefused
from mall.services import coupons
from points.exceptions import HoldClosed, InsufficientPoints
from points.selectors import balances
from points.services import accounts, holds, restoring
from sales import exceptions
from sales.models import Checkout
from sales.policies import refunds
from sales.policies.receipts import LineInput
from sales.selectors import checkouts as selectors
from sales.services import baskets, checkouts
from sales.services.checkouts import Held
from stores.models import Store

_State = Checkout.State


def capture(*, store: Store, number: str, actor: str, now: datetime) -> Held:
    """Use what a checkout set aside, when its order is final; a repeat changes nothing.

    A checkout past its time is held anew, where its points and coupons are still free
    (docs/decisions/0088-a-checkout-past-its-time.md). Raises `CheckoutUnknown`,
    `CheckoutReleased`, `CheckoutTimedOut`, `AccountFrozen`.
    """
    with transaction.atomic():
        checkout = locked(store, number, now)
        if checkout.state == _State.CAPTURED:
            return Held(checkout, is_replay=True)
        pay(checkout, actor=actor, now=now)
    return Held(checkout)


def pay(checkout: Checkout, *, actor: str, now: datetime) -> None:
    """Capture a checkout whose account and row the caller has locked."""
    if checkout.state == _State.RELEASED:
        raise exceptions.CheckoutReleased(number=checkout.number)
    if selectors.state_at(checkout, now) is _State.TIMED_OUT:
        _hold_anew(checkout, actor=actor, now=now)
    if checkout.points:
        holds.capture(
            member_id=checkout.member_id,
            hold_reference=checkout.plan["reference"],
            reference=checkouts.reference(checkout.store_id, checkout.number, "checkout-capture"),
            actor=actor,
            at=now,
            explanation=checkouts.told(checkout),
        )
    if checkout.coupons:
        coupons.use(store_id=checkout.store_id, order=checkout.number, actor=actor, at=now)
    _close(checkout, _State.CAPTURED, actor=actor, now=now)


def _hold_anew(checkout: Checkout, *, actor: str, now: datetime) -> None:
    """Set aside again what a checkout past its time had, on the terms of then."""
    until = now + timedelta(minutes=balances.ledger_settings().hold_minutes)
    holds.release_expired(member_id=checkout.member_id, at=now)
    number = checkout.number
    try:
        with transaction.atomic():
            again = checkouts.reference(
                checkout.store_id, number, f"checkout-again:{checkout.holds}"
            )
            checkouts.reserve(checkout, again, until=until, actor=actor, now=now)
            if checkout.coupons:
                _lock_anew(checkout, until=until, actor=actor, now=now)
    except (InsufficientPoints, CouponRefused) as refusal:
        raise exceptions.CheckoutTimedOut(number=number) from refusal
    checkout.holds += 1
    checkout.expires_at = until
    checkout.save(update_fields=["plan", "holds", "expires_at"])


def _lock_anew(checkout: Checkout, *, until: datetime, actor: str, now: datetime) -> None:
    lines = [_line_input(row) for row in checkout.lines]
    discounts = coupons.lock(
        member_id=checkout.member_id,
        store_id=checkout.store_id,
        lines=baskets.with_facts(lines),
        codes=[one["code"] for one in checkout.coupons],
        order=checkout.number,
        until=until,
        actor=actor,
        at=now,
    )
    shares = baskets.coupon_shares(discounts)
    kept = {one.line_no: one.by_coupon for one in refunds.paid_lines(checkout.plan)}
    if shares != {no: yuan for no, yuan in kept.items() if yuan}:
        # The coupon says something else by now; the customer was told of what it said then.
        raise exceptions.CheckoutTimedOut(number=checkout.number)


def release(
    *, store: Store, number: str, actor: str, now: datetime, is_by_member: bool = False
) -> Held:
    """Let go of what a checkout set aside; a repeat changes nothing.

    One that was captured and has no receipt is undone: spent points go back into their lots, and
    coupons as by the return of an order. Raises `CheckoutUnknown`, and `CheckoutUsed` when a
    receipt was paid with it: then its return gives back. A member lets go of what is held; what
    is captured only the store can undo (`CheckoutCaptured`).
    """
    with transaction.atomic():
        checkout = locked(store, number, now)
        if checkout.receipt is not None:
            raise exceptions.CheckoutUsed(number=number, receipt=checkout.receipt.number)
        if is_by_member and checkout.state == _State.CAPTURED:
            raise exceptions.CheckoutCaptured
        if checkout.state in (_State.RELEASED, _State.TIMED_OUT):
            return Held(checkout, is_replay=True)
        undo = _undo if checkout.state == _State.CAPTURED else _let_go
        undo(checkout, actor=actor, now=now)
        _close(checkout, _State.RELEASED, actor=actor, now=now)
    return Held(checkout)


def _let_go(checkout: Checkout, *, actor: str, now: datetime, is_time_out: bool = False) -> None:
    if checkout.points:
        nth = f"checkout-release:{checkout.holds}"
        # The ledger's own job may have been quicker.
        with suppress(HoldClosed):
            holds.release(
                member_id=checkout.member_id,
                hold_reference=checkout.plan["reference"],
                reference=checkouts.reference(checkout.store_id, checkout.number, nth),
                actor=actor,
                at=now,
                is_time_out=is_time_out,
                explanation=checkouts.told(checkout),
            )
    if checkout.coupons:
        coupons.release(store_id=checkout.store_id, order=checkout.number, actor=actor, at=now)


def _undo(checkout: Checkout, *, actor: str, now: datetime) -> None:
    if checkout.points:
        restoring.restore(
            member_id=checkout.member_id,
            spend_reference=checkout.plan["reference"],
            reference=checkouts.reference(checkout.store_id, checkout.number, "checkout-undo"),
            actor=actor,
            at=now,
            grace_until=balances.ledger_settings().grace_until(now),
            explanation=checkouts.told(checkout) | {"type": "checkout_undone"},
        )
    if checkout.coupons:
        coupons.give_back(
            store_id=checkout.store_id,
            order=checkout.number,
            codes=None,
            actor=actor,
            at=now,
        )


def are_due(*, now: datetime) -> bool:
    """Whether a checkout is past its time and not closed yet."""
    return Checkout.objects.filter(state=_State.HELD, expires_at__lte=now).exists()


def time_out_due(*, now: datetime, limit: int = 500) -> int:
    """Close checkouts whose time is over; returns how many. Safe to run twice at once.

    Their points and coupons are free since that instant, whether or not this has run.
    """
    due = list(
        Checkout.objects.filter(state=_State.HELD, expires_at__lte=now)
        .order_by("expires_at")
        .select_related("store")[:limit]
    )
    done = 0
    for row in due:
        with transaction.atomic():
            checkout = locked(row.store, row.number, now)
            is_due = selectors.state_at(checkout, now) is _State.TIMED_OUT
            if checkout.state != _State.HELD or not is_due:
                continue
            _let_go(checkout, actor="system", now=now, is_time_out=True)
            _close(checkout, _State.TIMED_OUT, actor="system", now=now)
            done += 1
    return done


def locked(store: Store, number: str, now: datetime) -> Checkout:
    """The checkout, its member's account and its own row locked. Raises `CheckoutUnknown`."""
    found = selectors.of_store(store.pk, number)
    if found is None:
        raise exceptions.CheckoutUnknown(number=number)
    accounts.lock([found.member_id], at=now)
    rows = Checkout.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("receipt", "store").get(pk=found.pk)


def _close(checkout: Checkout, state: Checkout.State, *, actor: str, now: datetime) -> None:
    checkout.state, checkout.closed_at, checkout.closed_by = state, now, actor
    checkout.save(update_fields=["state", "closed_at", "closed_by"])


def _line_input(row: Sequence[Any]) -> LineInput:
    sku, name, quantity, amount, kind, category = row
    yuan = Decimal(amount)
    pieces = Decimal(quantity)
    return LineInput(sku, name, pieces, yuan / pieces, yuan, None, kind, category)
