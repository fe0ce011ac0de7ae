"""What coupons would take off a basket, and why not. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from mall.exceptions import coupons as refusals
from mall.models import Coupon
from mall.policies import coupon_codes
from mall.policies import coupons as policy
from mall.policies.coupon_codes import Status
from mall.policies.coupons import Discount, Line, Why
from mall.selectors import coupon_words
from stores.exceptions import Refusal

CODES_MAX = 20
OFFERS_MAX = 100


@dataclass(frozen=True, slots=True)
class Quote:
    """What coupons would take off, and by code why others would not."""

    discounts: list[Discount] = field(default_factory=list)
    refusals: dict[str, Refusal] = field(default_factory=dict)

    @property
    def yuan(self) -> Decimal:
        return sum((one.yuan for one in self.discounts), Decimal(0))

    @property
    def with_points(self) -> bool:
        """Whether points may be used as money at the same purchase."""
        return all(one.with_points for one in self.discounts)


def quote(
    *, member_id: int, store_id: int, lines: Sequence[Line], codes: Sequence[str], at: datetime
) -> Quote:
    """What these coupons of the member would take off these lines in this store. Writes nothing.

    One query. Codes may be typed in any way; discounts and refusals carry them as they are kept,
    or as they were given where they cannot be a code.
    """
    told: dict[str, Refusal] = {}
    wanted: list[str] = []
    for typed in codes[:CODES_MAX]:
        code = coupon_codes.folded(typed)
        if not code:
            told[typed] = refusals.CouponUnknown(coupon=typed)
        elif code not in wanted:
            wanted.append(code)
    for typed in codes[CODES_MAX:]:
        told[typed] = refusals.CouponsTooMany(coupon=typed, limit=CODES_MAX)
    found = {one.code: one for one in of_member(member_id, wanted)}
    for code in wanted:
        refusal = why_not(found.get(code), code, store_id=store_id, at=at)
        if refusal is not None:
            told[code] = refusal
    fine = {code: found[code].template.terms for code in wanted if code not in told}
    settled = policy.settle(lines, fine)
    told |= {one.code: said(one) for one in settled.rejections}
    return Quote(settled.discounts, told)


def offers(*, member_id: int, store_id: int, lines: Sequence[Line], at: datetime) -> Quote:
    """Each coupon that the member may use now, by itself: which would take off how much.

    The most first, those that lapse soonest before others of the same worth. One query; at most
    `OFFERS_MAX` coupons, those that lapse soonest.
    """
    rows = Coupon.objects.free(at).filter(member_id=member_id, starts_at__lte=at)
    found = list(rows.select_related("template").order_by("expires_at", "pk")[:OFFERS_MAX])
    discounts: list[Discount] = []
    told: dict[str, Refusal] = {}
    for coupon in found:
        refusal = refusal_of(coupon, store_id=store_id, at=at)
        settled = policy.settle(lines, {coupon.code: coupon.template.terms})
        if refusal is not None:
            told[coupon.code] = refusal
        elif settled.discounts:
            discounts.extend(settled.discounts)
        else:
            told[coupon.code] = said(settled.rejections[0])
    return Quote(sorted(discounts, key=lambda one: -one.yuan), told)


def of_member(member_id: int, codes: Sequence[str]) -> QuerySet[Coupon]:
    rows = Coupon.objects.filter(member_id=member_id, code__in=codes)
    return rows.select_related("template")


def refusal_of(coupon: Coupon, *, store_id: int, at: datetime) -> refusals.CouponRefused | None:
    """Why a coupon cannot be used here and now, whatever the basket; None: it can."""
    code, status = coupon.code, coupon.status(at)
    if status is Status.WAITING:
        return refusals.CouponWaits(coupon=code, day=coupon_words.first_moment(coupon.starts_at))
    if status is Status.EXPIRED:
        return refusals.CouponLapsed(coupon=code, day=coupon_words.last_moment(coupon.expires_at))
    plain = {
        Status.USED: refusals.CouponUsed,
        Status.VOID: refusals.CouponVoid,
        Status.LOCKED: refusals.CouponLocked,
    }
    if status in plain:
        return plain[status](coupon=code)
    if not coupon.template.is_for(store_id):
        return refusals.CouponWrongStore(coupon=code)
    return None


def why_not(
    coupon: Coupon | None, code: str, *, store_id: int, at: datetime
) -> refusals.CouponRefused | None:
    if coupon is None:
        return refusals.CouponUnknown(coupon=code)
    return refusal_of(coupon, store_id=store_id, at=at)


def said(rejection: policy.Rejection) -> refusals.CouponRefused:
    """Why the basket gives a coupon nothing to take off."""
    if rejection.why is Why.BELOW_THRESHOLD:
        return refusals.CouponBelowThreshold(coupon=rejection.code, missing=rejection.missing)
    kinds = {
        Why.NOTHING_COUNTS: refusals.CouponNothingCounts,
        Why.NOT_TOGETHER: refusals.CouponNotTogether,
        Why.NOTHING_LEFT: refusals.CouponNothingLeft,
    }
    return kinds[rejection.why](coupon=rejection.code)
