"""What ends when: a member's lots by month, with the clearings that the merchant has ordered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Expression,
    F,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from points.models import ClearingPlan
from points.policies import NEVER, add_months, start_of_day
from points.policies.clearing import Scope
from points.selectors import clearings
from points.selectors.balances import EXPIRING_DAYS
from points.selectors.entries import lots as usable_lots
from points.selectors.statements import last_day

MONTHS = 12
LOTS_MAX = 200
"""Lots that a calendar lists one by one; months say their sums whatever their number."""


@dataclass(slots=True)
class Month:
    """Points whose last day lies in one month; `lots` are the first of them."""

    first: date
    points: int = 0
    count: int = 0
    lots: list[Any] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.lots)


@dataclass(slots=True)
class Calendar:
    """Usable points by the month of their last day; `months` begins with the current one.

    `coming` are the ordered clearings that end some of these points.
    Everything in the calendar adds up to `total`: the months, `later`, and `never`.
    """

    months: list[Month]
    later: int
    never: int
    coming: list[ClearingPlan]

    @property
    def total(self) -> int:
        return sum(month.points for month in self.months) + self.later + self.never

    @property
    def highest(self) -> int:
        return max((month.points for month in self.months), default=0)


def calendar(member_id: int, at: datetime) -> Calendar:
    """The member's next twelve months at `at`, lot by lot (F70). Three queries.

    A lot that an approved clearing will end before its own day stands under the clearing's day;
    its `ends_at` says so, beside its own `expires_at`. Held points are left out, as they are of
    the balance.
    """
    plans = clearings.coming()
    rows = lots(member_id, at, plans)
    zone = ZoneInfo(timezone.get_default_timezone_name())
    first = at.astimezone(zone).date().replace(day=1)
    months = {day: Month(day) for day in (add_months(first, n) for n in range(MONTHS))}
    end = start_of_day(add_months(first, MONTHS), zone)
    later = never = 0
    ends: set[datetime] = set()
    sums = rows.order_by().values("ends_at").annotate(points=Sum("usable"), count=Count("pk"))
    for found in sums:
        ends.add(found["ends_at"])
        if found["ends_at"] >= NEVER:
            never += found["points"]
        elif month := months.get(last_day(found["ends_at"]).replace(day=1)):
            month.points += found["points"]
            month.count += found["count"]
        else:
            later += found["points"]
    # The first instant of the month after still ends the month before.
    for lot in rows.filter(ends_at__lte=end).order_by("ends_at", "pk")[:LOTS_MAX]:
        months[last_day(lot.ends_at).replace(day=1)].lots.append(lot)
    touching = [plan for plan in plans if plan.cutoff_at in ends]
    return Calendar(list(months.values()), later, never, touching)


def ending_by_order(member_id: int, at: datetime) -> int:
    """Usable points that announced clearings end within 30 days; their own days do not say so.

    One query, and one more while such a clearing is near.
    """
    horizon = at + timedelta(days=EXPIRING_DAYS)
    near = [plan for plan in clearings.coming() if at < plan.cutoff_at <= horizon]
    if not near:
        return 0
    rows = lots(member_id, at, near).filter(expires_at__gte=NEVER, ends_at__lte=horizon)
    return int(rows.aggregate(points=Sum("usable", default=0))["points"])


def lots(member_id: int, at: datetime, plans: Sequence[ClearingPlan]) -> QuerySet[Any]:
    """The lots that count at `at`, each with `ends_at` and `usable` points."""
    rows: QuerySet[Any] = usable_lots(member_id, at).annotate(
        ends_at=ends_at([plan.scope for plan in plans if plan.cutoff_at > at]),
        usable=F("remaining") - F("held"),
    )
    return rows.order_by("ends_at", "pk")


def ends_at(scopes: Sequence[Scope]) -> Expression | F:
    """When a lot ends: by the first clearing that takes it, or else by itself."""
    cases = [
        When(clearings.under(scope), then=Value(scope.cutoff_at, output_field=DateTimeField()))
        for scope in sorted(scopes, key=lambda scope: scope.cutoff_at)
    ]
    return Case(*cases, default=F("expires_at"), output_field=DateTimeField())
