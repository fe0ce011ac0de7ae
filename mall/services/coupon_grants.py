"""Coupons that staff give: to one member at once, to a segment in the background."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from mall.exceptions.coupons import CouponNotIssued
from mall.models import Coupon, CouponGrant, CouponTemplate
from mall.services import coupon_issuing, coupon_rounds
from members.models import SegmentMember
from points.services import checks

_REASON_LENGTH = 200
_OPEN = (CouponGrant.State.WAITING, CouponGrant.State.RUNNING)


def give_one(
    *, template_id: int, member_id: int, quantity: int, key: str, actor: str, at: datetime
) -> list[Coupon]:
    """Staff give a member coupons; `key` makes it happen once. Raises what `issue` raises."""
    checks.text(key, field="key", length=64)
    return coupon_issuing.issue(
        template_id=template_id,
        member_id=member_id,
        quantity=quantity,
        source=Coupon.Source.STAFF,
        reference=f"staff:{key}",
        actor=actor,
        at=at,
    )


def ask(*, template_id: int, segment: str, reason: str, actor: str, at: datetime) -> CouponGrant:
    """Let everybody who is in a segment by then have one coupon; a job works it off.

    Raises `CouponNotIssued` without a reason, and for a template that gives nothing now.
    """
    reason = reason.strip()
    if not reason:
        raise CouponNotIssued("coupon_reason_missing", field="reason")
    checks.text(reason, field="reason", length=_REASON_LENGTH)
    template = CouponTemplate.objects.get(pk=template_id)
    if not template.is_on:
        raise CouponNotIssued("coupon_template_off", field="template")
    starts_at, expires_at = template.validity(at)
    if starts_at >= expires_at:
        raise CouponNotIssued("coupon_template_over", field="template")
    return CouponGrant.objects.create(
        template=template, segment=segment, reason=reason, actor=actor, created_at=at
    )


def stop(*, grant_id: int, at: datetime) -> CouponGrant:
    """Give no more of it; what was given stays. Safe to repeat."""
    CouponGrant.objects.filter(pk=grant_id, state__in=_OPEN).update(
        state=CouponGrant.State.STOPPED, finished_at=at
    )
    return CouponGrant.objects.get(pk=grant_id)


def work_all(*, now: datetime, progress: Callable[[int], None] = lambda done: None) -> int:
    """Work off every grant that waits or was cut off; how many members got a coupon."""
    given = 0
    for pk in list(CouponGrant.objects.filter(state__in=_OPEN).values_list("pk", flat=True)):
        while (step := _step(pk, now=now)) is not None:
            given += step
            progress(given)
    return given


def _step(grant_id: int, *, now: datetime) -> int | None:
    """The next window of a grant, in one transaction: members who got theirs, None at the end.

    Two workers may take the same window: the references give nothing twice, and the row goes on
    only from where it was read.
    """
    grant = CouponGrant.objects.get(pk=grant_id)
    if grant.state not in _OPEN:
        return None
    rows = SegmentMember.objects.filter(
        segment__code=grant.segment, segment__is_active=True, member_id__gt=grant.done_upto
    )
    ids = list(
        rows.order_by("member_id").values_list("member_id", flat=True)[: coupon_rounds.WINDOW]
    )
    if not ids:
        _finish(grant, CouponGrant.State.DONE, now)
        return None
    with transaction.atomic():
        done = coupon_rounds.give(
            template_id=grant.template_id,
            member_ids=ids,
            each=1,
            source=Coupon.Source.STAFF,
            round_name=f"grant:{grant.pk}",
            actor=grant.actor,
            at=now,
        )
        CouponGrant.objects.filter(pk=grant.pk, done_upto=grant.done_upto).update(
            state=CouponGrant.State.RUNNING,
            done_upto=ids[-1],
            given=F("given") + done.members,
            left_out=F("left_out") + done.left_out,
        )
    if done.is_exhausted:
        _finish(grant, CouponGrant.State.STOPPED, now, ended_by="coupons_exhausted")
        return None if not done.members else done.members
    return done.members


def _finish(grant: CouponGrant, state: str, now: datetime, ended_by: str = "") -> None:
    CouponGrant.objects.filter(pk=grant.pk, state__in=_OPEN).update(
        state=state, finished_at=now, ended_by=ended_by
    )
