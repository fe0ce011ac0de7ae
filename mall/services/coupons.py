"""Coupons at a purchase: told, locked, used, let go, given back.

Every function locks the member's account first (again costs one query when the caller has it
already), then the coupons in the order of their keys. `order` is the store's own number of the
purchase and makes each step happen once. Lines and discounts: `mall.policies.coupons`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from mall.exceptions import coupons as refusals
from mall.models import Coupon, CouponStep, CouponUse
from mall.policies import coupon_codes
from mall.policies import coupons as policy
from mall.policies.coupon_codes import Status
from mall.policies.coupons import Discount, Line
from mall.services import coupon_quotes
from mall.services.coupon_issuing import issue, release_stale, void, void_unused
from mall.services.coupon_quotes import CODES_MAX, Quote, offers, quote, refusal_of
from points.policies import fingerprint
from points.services import accounts, checks

__all__ = [
    "CODES_MAX",
    "Quote",
    "Returned",
    "give_back",
    "issue",
    "lock",
    "offers",
    "quote",
    "refusal_of",
    "release",
    "release_stale_locks",
    "use",
    "void",
    "void_unused",
]

_ORDER_LENGTH = 64
_State = CouponUse.State
_STANDS = (_State.LOCKED, _State.USED)
_HAS_BEEN_USED = (_State.USED, _State.GIVEN_BACK, _State.LOST)


@dataclass(frozen=True, slots=True)
class Returned:
    """What the return of a whole order made of a coupon. A coupon that is given back may have
    lapsed in the meantime: `expires_at` is its own."""

    code: str
    is_given_back: bool
    yuan: Decimal
    by_line: dict[int, Decimal]
    expires_at: datetime


def lock(
    *,
    member_id: int,
    store_id: int,
    lines: Sequence[Line],
    codes: Sequence[str],
    order: str,
    until: datetime,
    actor: str,
    at: datetime,
) -> list[Discount]:
    """Hold these coupons for an order until `until`; all of them, or none.

    The same order with the same content gets the first answer, other content raises
    `CouponOrderConflict`; a lock whose time is over is made anew. Raises the first refusal that
    `quote` would tell, or `CouponTwice` or `CouponsTooMany`. Without codes nothing is written.
    """
    checks.text(order, field="order", length=_ORDER_LENGTH)
    wanted = _checked(codes)
    content = _content(member_id, lines, wanted)
    with transaction.atomic():
        accounts.lock([member_id], at=at)
        first = _first_answer(store_id, order, content, at=at)
        if first is not None:
            return first
        rows = (
            coupon_quotes.of_member(member_id, wanted)
            .order_by("pk")
            .select_for_update(of=("self",))
        )
        found = {one.code: one for one in rows}
        for code in wanted:
            refusal = coupon_quotes.why_not(found.get(code), code, store_id=store_id, at=at)
            if refusal is not None:
                raise refusal
        settled = policy.settle(lines, {code: found[code].template.terms for code in wanted})
        if settled.rejections:
            raise coupon_quotes.said(settled.rejections[0])
        for discount in settled.discounts:
            coupon = found[discount.code]
            release_stale(coupon, at=at)
            _hold(coupon, discount, store_id, order, content, until=until, actor=actor, at=at)
    return settled.discounts


def use(*, store_id: int, order: str, actor: str, at: datetime) -> list[Discount]:
    """Use the coupons that an order holds; a repeat gives the first answer.

    Raises `CouponOrderUnknown` where it holds none (any more), and `CouponLockLapsed` where its
    time is over: the coupons are free then, and may be locked anew.
    """
    with transaction.atomic():
        rows = _uses(store_id, order, (*_STANDS, *_HAS_BEEN_USED), at=at)
        if not rows:
            raise refusals.CouponOrderUnknown(order=order)
        for row in rows:
            if row.state == _State.LOCKED and row.coupon.status(at) is not Status.LOCKED:
                raise refusals.CouponLockLapsed(coupon=row.coupon.code)
        for row in rows:
            if row.state == _State.LOCKED:
                _move(row, _State.USED, Coupon.State.USED, actor=actor, at=at)
    return [_discount(row) for row in rows]


def release(*, store_id: int, order: str, actor: str, at: datetime) -> int:
    """Let go of the coupons that an order holds; how many. Safe to repeat.

    Raises `CouponUsed` when they have been used: that is undone by `give_back`.
    """
    with transaction.atomic():
        rows = _uses(store_id, order, _STANDS, at=at)
        for row in rows:
            if row.state == _State.USED:
                raise refusals.CouponUsed(coupon=row.coupon.code, field="order")
        for row in rows:
            _move(row, _State.RELEASED, Coupon.State.OPEN, actor=actor, at=at)
    return len(rows)


def give_back(
    *, store_id: int, order: str, codes: Iterable[str] | None, actor: str, at: datetime
) -> list[Returned]:
    """The whole order was returned: its coupons (these, or all) come back, or are lost.

    Each by its template; one that comes back keeps its own validity, even when that is over. A
    repeat gives the same answer. Empty where the order used no coupon; one that is only locked is
    let go by `release`.
    """
    only = None if codes is None else {coupon_codes.folded(code) for code in codes}
    with transaction.atomic():
        rows = _uses(store_id, order, _HAS_BEEN_USED, at=at)
        rows = [row for row in rows if only is None or row.coupon.code in only]
        for row in rows:
            if row.state != _State.USED:
                continue
            if row.coupon.template.on_return == "lost":
                _move(row, _State.LOST, Coupon.State.USED, actor=actor, at=at)
            else:
                _move(row, _State.GIVEN_BACK, Coupon.State.OPEN, actor=actor, at=at)
    return [
        Returned(
            row.coupon.code,
            row.state == _State.GIVEN_BACK,
            row.yuan,
            _by_line(row),
            row.coupon.expires_at,
        )
        for row in rows
    ]


def release_stale_locks(*, now: datetime, limit: int = 500) -> int:
    """Write down that locks are over whose time has passed; how many. Safe to run twice.

    Each in a transaction of its own, its member's account first. The coupons have been free since
    the lock's instant, whether or not this has run.
    """
    stale = Coupon.objects.filter(state=Coupon.State.LOCKED, locked_until__lte=now)
    done = 0
    for pk, member_id in list(
        stale.order_by("locked_until").values_list("pk", "member_id")[:limit]
    ):
        with transaction.atomic():
            accounts.lock([member_id], at=now)
            coupon = Coupon.objects.select_for_update(of=("self",)).get(pk=pk)
            before = coupon.state
            release_stale(coupon, at=now)
            done += before != coupon.state
    return done


def _checked(codes: Sequence[str]) -> list[str]:
    if len(codes) > CODES_MAX:
        raise refusals.CouponsTooMany(limit=CODES_MAX)
    wanted = [coupon_codes.folded(typed) for typed in codes]
    if "" in wanted:
        raise refusals.CouponUnknown(coupon=codes[wanted.index("")])
    for code in wanted:
        if wanted.count(code) > 1:
            raise refusals.CouponTwice(coupon=code)
    return wanted


def _content(member_id: int, lines: Sequence[Line], codes: Iterable[str]) -> str:
    """What makes two locks of an order the same request."""
    told = sorted(
        (line.line_no, line.sku, str(line.quantity.normalize()), str(line.amount.normalize()))
        for line in lines
    )
    return fingerprint(member_id, told, sorted(codes))


def _first_answer(
    store_id: int, order: str, content: str, *, at: datetime
) -> list[Discount] | None:
    """What the order holds or has used already; None when it holds nothing (any more)."""
    states = (_State.LOCKED, *_HAS_BEEN_USED)
    rows = list(
        CouponUse.objects.filter(store_id=store_id, order=order, state__in=states)
        .select_related("coupon__template")
        .order_by("pk")
    )
    if not rows:
        return None
    if any(row.content != content for row in rows):
        raise refusals.CouponOrderConflict(order=order)
    for row in rows:
        if row.state == _State.LOCKED and row.coupon.status(at) is not Status.LOCKED:
            return None
    return [_discount(row) for row in rows]


def _hold(
    coupon: Coupon,
    discount: Discount,
    store_id: int,
    order: str,
    content: str,
    *,
    until: datetime,
    actor: str,
    at: datetime,
) -> None:
    is_held = Coupon.objects.filter(pk=coupon.pk, state=Coupon.State.OPEN).update(
        state=Coupon.State.LOCKED, locked_until=until
    )
    if is_held != 1:
        raise refusals.CouponLocked(coupon=coupon.code)
    CouponUse.objects.create(
        coupon=coupon,
        store_id=store_id,
        order=order,
        content=content,
        state=_State.LOCKED,
        yuan=discount.yuan,
        by_line={str(number): str(yuan) for number, yuan in discount.by_line.items()},
        locked_at=at,
    )
    CouponStep.objects.create(
        coupon=coupon,
        kind=CouponStep.Kind.LOCKED,
        at=at,
        actor=actor,
        store_id=store_id,
        order=order,
        yuan=discount.yuan,
    )


def _uses(store_id: int, order: str, states: Iterable[str], *, at: datetime) -> list[CouponUse]:
    """The order's rows in these states, their members' accounts and coupons locked."""
    rows = CouponUse.objects.filter(store_id=store_id, order=order, state__in=set(states))
    owners = sorted(set(rows.values_list("coupon__member_id", flat=True)))
    if not owners:
        return []
    accounts.lock(owners, at=at)
    coupons = rows.values_list("coupon_id", flat=True)
    locked = Coupon.objects.filter(pk__in=list(coupons)).order_by("pk")
    list(locked.select_for_update().values_list("pk", flat=True))
    return list(rows.select_related("coupon__template").order_by("pk"))


def _move(row: CouponUse, state: str, coupon_state: str, *, actor: str, at: datetime) -> None:
    coupon = row.coupon
    before = row.state
    row.state = state
    if state == _State.USED:
        row.used_at = at
    else:
        row.ended_at = at
    changed = CouponUse.objects.filter(pk=row.pk, state=before).update(
        state=state, used_at=row.used_at, ended_at=row.ended_at
    )
    if changed != 1:
        raise refusals.CouponLocked(coupon=coupon.code)
    coupon.state, coupon.locked_until = coupon_state, None
    coupon.save(update_fields=["state", "locked_until"])
    CouponStep.objects.create(
        coupon=coupon,
        kind=state,
        at=at,
        actor=actor,
        store_id=row.store_id,
        order=row.order,
        yuan=row.yuan,
    )


def _by_line(row: CouponUse) -> dict[int, Decimal]:
    return {int(number): Decimal(yuan) for number, yuan in row.by_line.items()}


def _discount(row: CouponUse) -> Discount:
    template = row.coupon.template
    return Discount(row.coupon.code, row.yuan, _by_line(row), template.with_points)
