"""What becomes of coupons when two members become one, or one leaves."""

from datetime import datetime

from django.db import transaction

from mall.exceptions.coupons import CouponLocked
from mall.models import Coupon, CouponStep, CouponTemplate
from mall.policies.coupon_codes import Status
from points.services import accounts


def merge(*, kept_id: int, gone_id: int, at: datetime, actor: str) -> None:
    """Move the coupons of the member that goes to the one that is kept, used ones as well.

    Together they may be more than the template allows to one: nothing is taken away for it, and
    nothing more comes. Again, it changes nothing. Locks both accounts.
    """
    with transaction.atomic():
        accounts.lock(sorted((kept_id, gone_id)), at=at)
        moved = list(Coupon.objects.filter(member_id=gone_id).values_list("pk", flat=True))
        Coupon.objects.filter(pk__in=moved).update(member_id=kept_id)
        CouponStep.objects.bulk_create(
            CouponStep(coupon_id=pk, kind=CouponStep.Kind.MOVED, at=at, actor=actor) for pk in moved
        )


def erase(*, member_id: int, at: datetime, actor: str, is_forced: bool = False) -> None:
    """Make what is unused void, and forget what staff wrote. What was used stays as figures of
    its store, under the pseudonym.

    Raises `CouponLocked` while a purchase holds a coupon of the member, unless staff force it:
    the purchase finds its coupon gone then.
    """
    with transaction.atomic():
        accounts.lock([member_id], at=at)
        rows = Coupon.objects.select_for_update(of=("self",)).filter(member_id=member_id)
        standing = [
            coupon
            for coupon in rows.order_by("pk")
            if coupon.state in (Coupon.State.OPEN, Coupon.State.LOCKED)
        ]
        if not is_forced and any(one.status(at) is Status.LOCKED for one in standing):
            raise CouponLocked
        for coupon in standing:
            coupon.uses.filter(state="locked").update(state="released", ended_at=at)
            CouponTemplate.objects.put_back(pk=coupon.template_id, pieces=1)
        ids = [coupon.pk for coupon in standing]
        Coupon.objects.filter(pk__in=ids).update(state=Coupon.State.VOID, locked_until=None)
        CouponStep.objects.bulk_create(
            CouponStep(coupon_id=pk, kind=CouponStep.Kind.VOIDED, at=at, actor=actor) for pk in ids
        )
        CouponStep.objects.filter(coupon__member_id=member_id).update(note="")
