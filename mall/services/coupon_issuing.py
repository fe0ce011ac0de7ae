"""Giving coupons to members, and making them void."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localtime

from mall.exceptions.coupons import CouponLocked, CouponNotIssued, CouponUsed
from mall.models import Coupon, CouponStep, CouponTemplate
from mall.policies import coupon_codes
from mall.policies.coupon_codes import Status
from mall.services import notices
from members.models import Member
from points.services import accounts, checks

AT_ONCE_MAX = 100
_REASON_LENGTH = 200


def issue(
    *,
    template_id: int,
    member_id: int,
    quantity: int,
    source: str,
    reference: str,
    actor: str,
    at: datetime,
    store_id: int | None = None,
) -> list[Coupon]:
    """Issue `quantity` coupons of a template to a member, or none of them.

    `reference` makes it happen once per template: a repeat gives the same coupons and writes
    nothing; for another member or number it is refused. Locks the account, then counts the
    template's row by one conditional UPDATE, so neither the quantity nor a member's limits are
    exceeded in any burst. The audience is asked only of who claims a code: whoever else issues
    has chosen the member. Raises `CouponNotIssued` (template unknown, off or over, exhausted, a
    limit, a member who left, a reference of something else).
    """
    if type(quantity) is not int or not 1 <= quantity <= AT_ONCE_MAX:
        raise CouponNotIssued("coupon_quantity_invalid", field="quantity", limit=AT_ONCE_MAX)
    checks.note(reference=reference, source=source, actor=actor)
    with transaction.atomic():
        accounts.lock([member_id], at=at)
        if first := _first_answer(template_id, reference, member_id, quantity):
            return first
        template = CouponTemplate.objects.filter(pk=template_id).first()
        if template is None:
            raise CouponNotIssued("coupon_template_unknown")
        starts_at, expires_at = _checked_validity(template, at)
        _check_member(member_id)
        _check_limits(template, member_id, quantity, at)
        if not CouponTemplate.objects.take_pieces(pk=template.pk, pieces=quantity):
            raise CouponNotIssued("coupons_exhausted")
        made = [
            Coupon(
                template=template,
                member_id=member_id,
                code=coupon_codes.made(secrets.randbelow),
                source=Coupon.Source(source),
                reference=reference,
                ordinal=ordinal,
                issued_at=at,
                issued_store_id=store_id,
                starts_at=starts_at,
                expires_at=expires_at,
            )
            for ordinal in range(1, quantity + 1)
        ]
        return _write(made, actor=actor, at=at)


def void(*, coupon_id: int, reason: str, actor: str, at: datetime) -> Coupon:
    """Make one unused coupon void; its piece and the member's limit are free again.

    Locks the member's account. Safe to repeat. Raises `CouponUsed`, or `CouponLocked` while a
    purchase holds it, and `CouponNotIssued` without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise CouponNotIssued("coupon_reason_missing", field="reason")
    checks.text(reason, field="reason", length=_REASON_LENGTH)
    with transaction.atomic():
        owner = Coupon.objects.values_list("member_id", flat=True).get(pk=coupon_id)
        accounts.lock([owner], at=at)
        coupon = Coupon.objects.select_for_update(of=("self",)).get(pk=coupon_id)
        _void([coupon], reason=reason, actor=actor, at=at)
    return coupon


def void_unused(*, reference: str, reason: str, actor: str, at: datetime) -> int:
    """Make every coupon of a reference void, of which none may have been used; their number.

    For a redemption that is returned: all or nothing. The caller holds the member's account.
    Raises `CouponUsed`, or `CouponLocked` while a purchase holds one of them.
    """
    with transaction.atomic():
        rows = Coupon.objects.filter(reference=reference)
        owners = sorted(set(rows.values_list("member_id", flat=True)))
        accounts.lock(owners, at=at)
        found = list(rows.select_for_update(of=("self",)).order_by("pk"))
        standing = [coupon for coupon in found if coupon.state != Coupon.State.VOID]
        _void(standing, reason=reason, actor=actor, at=at)
    return len(standing)


def _void(coupons: Sequence[Coupon], *, reason: str, actor: str, at: datetime) -> None:
    for coupon in coupons:
        status = coupon.status(at)
        if status is Status.USED:
            raise CouponUsed(coupon=coupon.code)
        if status is Status.LOCKED:
            raise CouponLocked(coupon=coupon.code)
    pieces: dict[int, int] = {}
    for coupon in coupons:
        if coupon.state == Coupon.State.VOID:
            continue
        release_stale(coupon, at=at)
        coupon.state, coupon.locked_until = Coupon.State.VOID, None
        coupon.save(update_fields=["state", "locked_until"])
        CouponStep.objects.create(
            coupon=coupon, kind=CouponStep.Kind.VOIDED, at=at, actor=actor, note=reason
        )
        pieces[coupon.template_id] = pieces.get(coupon.template_id, 0) + 1
    for template_id in sorted(pieces):
        CouponTemplate.objects.put_back(pk=template_id, pieces=pieces[template_id])


def release_stale(coupon: Coupon, *, at: datetime) -> None:
    """Write down that a lock is over whose time has passed. The caller has locked the coupon."""
    if coupon.state != Coupon.State.LOCKED or coupon.status(at) is Status.LOCKED:
        return
    use = coupon.uses.filter(state="locked").first()
    coupon.state, coupon.locked_until = Coupon.State.OPEN, None
    coupon.save(update_fields=["state", "locked_until"])
    if use is None:
        return
    use.state, use.ended_at = use.State.RELEASED, at
    use.save(update_fields=["state", "ended_at"])
    CouponStep.objects.create(
        coupon=coupon,
        kind=CouponStep.Kind.RELEASED,
        at=at,
        actor="time",
        store_id=use.store_id,
        order=use.order,
    )


def _first_answer(
    template_id: int, reference: str, member_id: int, quantity: int
) -> list[Coupon] | None:
    rows = Coupon.objects.filter(template_id=template_id, reference=reference)
    first = list(rows.select_related("template").order_by("ordinal"))
    if first and (len(first) != quantity or {one.member_id for one in first} != {member_id}):
        raise CouponNotIssued("coupon_reference_conflict", field="reference", reference=reference)
    return first or None


def _checked_validity(template: CouponTemplate, at: datetime) -> tuple[datetime, datetime]:
    if not template.is_on:
        raise CouponNotIssued("coupon_template_off")
    starts_at, expires_at = template.validity(at)
    if starts_at >= expires_at:
        raise CouponNotIssued("coupon_template_over")
    return starts_at, expires_at


def _check_member(member_id: int) -> None:
    living = Member.objects.filter(pk=member_id, merged_into=None, erased_at=None)
    if not living.exists():
        raise CouponNotIssued("coupon_member_gone", field="member")


def _check_limits(template: CouponTemplate, member_id: int, quantity: int, at: datetime) -> None:
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    limits: tuple[tuple[str, int | None, Q], ...] = (
        ("coupon_limit_ever", template.per_member, Q()),
        ("coupon_limit_month", template.per_member_month, Q(issued_at__gte=day.replace(day=1))),
        ("coupon_limit_day", template.per_member_day, Q(issued_at__gte=day)),
    )
    had = Coupon.objects.filter(template=template, member_id=member_id).exclude(
        state=Coupon.State.VOID
    )
    for code, limit, since in limits:
        if limit is not None and had.filter(since).count() + quantity > limit:
            raise CouponNotIssued(code, limit=limit)


def _write(made: list[Coupon], *, actor: str, at: datetime) -> list[Coupon]:
    Coupon.objects.bulk_create(made)
    CouponStep.objects.bulk_create(
        CouponStep(
            coupon=coupon,
            kind=CouponStep.Kind.ISSUED,
            at=at,
            actor=actor,
            store_id=coupon.issued_store_id,
        )
        for coupon in made
    )
    notices.coupons_issued(made, at=at)
    return made
