"""What a month brought and took, and how people write points and days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from points.models import Account, Entry

EntryRows = QuerySet[Entry]

_KINDS = Entry.Kind
_CHANGE = F("d_available") + F("d_held") + F("d_pending") - F("d_debt")
# Holding, releasing and crediting move points within the account; they are no gain and no loss.
_OUTER = ~Q(kind__in=[_KINDS.HOLD, _KINDS.RELEASE, _KINDS.MATURE])


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """Points gained, used (claw-backs included) and expired in a month, all positive.

    `gained − used − expired` is what the month changed.
    """

    gained: int
    used: int
    expired: int


def month_totals(
    member_id: int, *, months: Sequence[date], unit: str = Account.Unit.POINTS
) -> dict[date, MonthTotals]:
    """Totals per month (given by its first day) in the shop's time zone, in one query.

    `months` is sorted; whatever lies between its first and its last month is read too.
    """
    if not months:
        return {}
    rows = (
        Entry.objects.filter(
            account__member_id=member_id,
            account__unit=unit,
            # Nothing is booked before it happens, so this lets the index leave the past alone.
            created_at__gte=_start(months[0]),
            occurred_at__gte=_start(months[0]),
            occurred_at__lt=_start(_next_month(months[-1])),
        )
        .annotate(change=_CHANGE, month=TruncMonth("occurred_at"))
        .values("month")
        .annotate(
            gained=Sum("change", filter=_OUTER & Q(change__gt=0), default=0),
            used=Sum("change", filter=_OUTER & Q(change__lt=0) & ~Q(kind="expire"), default=0),
            expired=Sum("change", filter=Q(kind="expire"), default=0),
        )
        .order_by("month")
    )
    return {
        row["month"].date(): MonthTotals(
            gained=row["gained"], used=-row["used"], expired=-row["expired"]
        )
        for row in rows
    }


def signed(points: int) -> str:
    """`+20` or `−20`, with a real minus sign; zero has none."""
    if points == 0:
        return "0"
    return f"+{points:,}" if points > 0 else f"−{-points:,}"


def last_day(expires_at: datetime) -> date:
    """The last day on which points count that lapse at `expires_at`, by the shop's calendar."""
    return timezone.localdate(expires_at - timedelta(microseconds=1))


def _start(first: date) -> datetime:
    return timezone.make_aware(datetime.combine(first, time.min))


def _next_month(first: date) -> date:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
