"""Periods of the calendar: in which a limit counts, and until when points are valid.

A day is the day of the store, 00:00 to 24:00 in its time zone (F24).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Period = Literal["day", "week", "month", "quarter", "year", "ever"]
PERIODS: tuple[Period, ...] = ("day", "week", "month", "quarter", "year", "ever")

ValidityKind = Literal["months", "days", "never", "date", "year_end", "quarter_end"]
VALIDITIES: tuple[ValidityKind, ...] = (
    "months",
    "days",
    "never",
    "date",
    "year_end",
    "quarter_end",
)

# The start of "ever", as a key of counters.
_ALWAYS = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Validity:
    """Until when points count (F62 to F66, F68).

    `months`, `days`: that many from the day of earning. `date`: through that day, for all.
    `year_end`, `quarter_end`: through the last day of the year or quarter of earning, or of the
    one that is `count` later. The instant is always the start of the first day on which they
    no longer count.
    """

    kind: ValidityKind
    count: int = 0
    last_day: date | None = None

    def ends_at(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """The instant from which points earned at `at` no longer count; None for never.

        Where a month has no such day (31 January and one month, 29 February and twelve) they
        last through the month's end.
        """
        if self.kind == "never":
            return None
        return datetime.combine(self._dead_from(at.astimezone(zone).date()), time.min, tzinfo=zone)

    def _dead_from(self, day: date) -> date:
        if self.kind == "days":
            return day + timedelta(days=self.count)
        if self.kind == "months":
            return months_later(day, self.count)
        if self.kind == "year_end":
            return date(day.year + self.count + 1, 1, 1)
        if self.kind == "quarter_end":
            return months_later(period_start("quarter", day), 3 * (self.count + 1))
        if self.last_day is None:
            raise ValueError("a common deadline needs its day")
        # Points that are earned after the common deadline must not be dead on arrival.
        last = max(self.last_day, day)
        return last + timedelta(days=1)


def period_start(period: str, day: date) -> date:
    """The first day of the period in which `day` lies; weeks begin on Monday."""
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    if period == "year":
        return date(day.year, 1, 1)
    if period == "ever":
        return _ALWAYS
    raise ValueError(f"no such period: {period}")


def period_starts_at(period: str, day: date, zone: ZoneInfo) -> datetime | None:
    """The instant at which the period of `day` began in `zone`; None for ever."""
    if period == "ever":
        return None
    return datetime.combine(period_start(period, day), time.min, tzinfo=zone)


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        # No such day: the first of the following month, in the member's favour.
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)


def birthday_in(year: int, birthday: date, leap_day: str) -> date:
    """The day on which a birthday is kept in `year`.

    Whoever was born on 29 February keeps it on 28 February (`feb28`) or 1 March (`mar1`) in the
    other years, as the program declares (F10).
    """
    try:
        return birthday.replace(year=year)
    except ValueError:
        return date(year, 2, 28) if leap_day == "feb28" else date(year, 3, 1)


def is_birthday(span: str, day: date, birthday: date, leap_day: str) -> bool:
    """Whether `day` is on the birthday, in its week (Monday to Sunday) or in its month."""
    if span == "month":
        kept = birthday_in(day.year, birthday, leap_day)
        return kept.month == day.month
    if span == "day":
        return birthday_in(day.year, birthday, leap_day) == day
    # The week of a birthday may lie across the turn of the year.
    week = period_start("week", day)
    return any(
        period_start("week", birthday_in(year, birthday, leap_day)) == week
        for year in (day.year - 1, day.year, day.year + 1)
    )
