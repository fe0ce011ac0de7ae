"""Growth reckoned again from receipts and acts: for a shop that upgrades, and as a check."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from campaigns.models import Event
from campaigns.policies.numbers import scaled
from members.models import Member
from sales.models import Receipt
from stores.selectors.arrays import among
from tiers.policies.growth import Figures, money_left
from tiers.services import rebuilding
from tiers.services.climbing import day_of

_MEMBERS_AT_ONCE = 1000
Days = dict[tuple[int, date], Figures]


@dataclass(slots=True)
class Report:
    """How many members were looked at, and how many of their days were wrong."""

    members: int = 0
    differing: int = 0


def rebuild(
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_check: bool = False,
) -> Report:
    """Reckon the growth of every member from receipts, returns, acts and corrections.

    What differs is written anew, a thousand members in a transaction under the locks of their
    accounts, so it may run while the shop sells; with `is_check` nothing is written. Killed or
    run twice, it ends the same.
    """
    report, last = Report(), 0
    total = Member.objects.count()
    while ids := list(
        Member.objects.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", flat=True)[:_MEMBERS_AT_ONCE]
    ):
        with transaction.atomic():
            if is_check:
                report.differing += rebuilding.differing(member_ids=ids, days=days_of(ids))
            else:
                rebuilding.lock(ids, at=now)
                report.differing += rebuilding.replace(member_ids=ids, days=days_of(ids))
        last = ids[-1]
        report.members += len(ids)
        progress(report.members, total)
    return report


def days_of(member_ids: Collection[int]) -> Days:
    """What purchases, returns and acts of these members gave, by day. Two queries."""
    days: Days = {}
    for pk, day, figures in [*_receipts(member_ids), *_acts(member_ids)]:
        days[pk, day] = days.get((pk, day), Figures()).plus(figures)
    return days


def _receipts(member_ids: Collection[int]) -> list[tuple[int, date, Figures]]:
    alone = Q(kind=Receipt.Kind.RETURN, sale__isnull=True)
    rows = (
        Receipt.objects.filter(among("member_id", list(member_ids)), state=Receipt.State.POSTED)
        .filter(Q(kind=Receipt.Kind.SALE) | alone)
        .values_list(
            "member_id",
            "occurred_at",
            "kind",
            "total",
            "paid_by_coupon",
            "paid_by_points",
            "returned_total",
            "points_earned",
            "points_clawed",
        )
    )
    found = []
    for pk, at, kind, total, coupon, points, returned, earned, clawed in rows.iterator():
        if kind == Receipt.Kind.SALE:
            spent = money_left(
                total=scaled(total), not_money=scaled(coupon + points), returned=scaled(returned)
            )
        else:
            spent = -scaled(total)
        found.append((pk, day_of(at), Figures(spent=spent, bought=earned - clawed)))
    return found


def _acts(member_ids: Collection[int]) -> list[tuple[int, date, Figures]]:
    rows = Event.objects.filter(
        among("member_id", list(member_ids)), state=Event.State.POSTED, points__gt=0
    ).values_list("member_id", "occurred_at", "points")
    return [(pk, day_of(at), Figures(acted=points)) for pk, at, points in rows.iterator()]
