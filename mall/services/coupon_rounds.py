"""Coupons for many members at once: a segment chosen by staff, a level's coupons of the month.

Set by set, in bounded windows: each window locks its members' accounts, then the template's
counter, and takes the same statements for one member as for five hundred. The reference of each
coupon names the round and the member, so a round may run twice, or be cut off anywhere.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.utils.timezone import localtime

from mall.models import Coupon, CouponStep, CouponTemplate
from mall.models.coupon import CouponQuerySet
from mall.policies import coupon_codes
from mall.services import notices
from members.models import Member
from points.services import accounts
from stores.selectors.arrays import among

WINDOW = 500


class Given(NamedTuple):
    """Members who got theirs now, those left out (a limit, gone, had it before), and whether the
    template had too few for all."""

    members: int
    left_out: int
    is_exhausted: bool


def give(
    *,
    template_id: int,
    member_ids: Sequence[int],
    each: int,
    source: str,
    round_name: str,
    actor: str,
    at: datetime,
) -> Given:
    """Issue `each` coupons to every one of at most `WINDOW` members who has none of this round.

    Who is at a limit or gone is left out; when the template runs out, the first in the order of
    their keys get theirs. Nothing for a template that is off or over. Locks the accounts.
    """
    ids = sorted(set(member_ids))[:WINDOW]
    with transaction.atomic():
        accounts.lock(ids, at=at)
        template = CouponTemplate.objects.select_for_update().get(pk=template_id)
        starts_at, expires_at = template.validity(at)
        if not template.is_on or starts_at >= expires_at:
            return Given(0, len(ids), is_exhausted=True)
        may = _who_may(template, ids, each, round_name, at)
        room = len(may) if template.left is None else template.left // each
        chosen = may[:room]
        if chosen:
            CouponTemplate.objects.take_pieces(pk=template.pk, pieces=each * len(chosen))
            _write(
                template,
                [(pk, nth) for pk in chosen for nth in range(1, each + 1)],
                lambda pk: reference(round_name, pk),
                source=source,
                period=(starts_at, expires_at),
                actor=actor,
                at=at,
            )
    return Given(len(chosen), len(ids) - len(chosen), is_exhausted=len(may) > room)


def reference(round_name: str, member_id: int) -> str:
    """What makes a coupon of a round the only one of its member."""
    return f"{round_name}:{member_id}"


def _who_may(
    template: CouponTemplate, ids: Sequence[int], each: int, round_name: str, at: datetime
) -> list[int]:
    own = Coupon.objects.filter(among("member_id", ids), template=template)
    # Not by their own references: a coupon may have come with an account that was merged in.
    same = own.filter(reference__startswith=f"{round_name}:")
    had = set(same.values_list("member_id", flat=True))
    living = Member.objects.filter(among("id", ids), merged_into=None, erased_at=None)
    left = set(living.values_list("pk", flat=True)) - had
    full = _at_limit(template, own, ids, each, at)
    return [pk for pk in ids if pk in left and pk not in full]


def _at_limit(
    template: CouponTemplate, own: CouponQuerySet, ids: Sequence[int], each: int, at: datetime
) -> set[int]:
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    limits = (
        (template.per_member, Q()),
        (template.per_member_month, Q(issued_at__gte=day.replace(day=1))),
        (template.per_member_day, Q(issued_at__gte=day)),
    )
    full: set[int] = set()
    standing = own.exclude(state=Coupon.State.VOID)
    for limit, since in limits:
        if limit is None:
            continue
        rows = standing.filter(since).values_list("member_id").annotate(had=Count("pk"))
        had = dict(rows)
        full |= {pk for pk in ids if had.get(pk, 0) + each > limit}
    return full


def _write(
    template: CouponTemplate,
    pieces: Sequence[tuple[int, int]],
    name: Callable[[int], str],
    *,
    source: str,
    period: tuple[datetime, datetime],
    actor: str,
    at: datetime,
) -> None:
    made = Coupon.objects.bulk_create(
        [
            Coupon(
                template=template,
                member_id=member_id,
                code=coupon_codes.made(secrets.randbelow),
                source=source,
                reference=name(member_id),
                ordinal=nth,
                issued_at=at,
                starts_at=period[0],
                expires_at=period[1],
            )
            for member_id, nth in pieces
        ]
    )
    CouponStep.objects.bulk_create(
        [
            CouponStep(coupon=coupon, kind=CouponStep.Kind.ISSUED, at=at, actor=actor)
            for coupon in made
        ]
    )
    notices.coupons_issued(made, at=at)
