"""Which days count for a level, and how long a level lasts. Days are days of the shop's zone."""

from datetime import date, timedelta
from enum import StrEnum

from points.policies import add_months

_DAY = timedelta(days=1)
BEGINNING = date(1, 1, 1)


class Window(StrEnum):
    """The days whose growth counts."""

    LIFETIME = "lifetime"
    ROLLING = "rolling"
    YEAR = "year"


def starts_on(window: Window, day: date) -> date:
    """The first day that counts on `day`; `day` itself is the last.

    Rolling: a purchase of day D counts until the day before the same date a year later, as
    points of twelve months do. Of 29 February it counts through 28 February.
    """
    if window is Window.LIFETIME:
        return BEGINNING
    if window is Window.YEAR:
        return day.replace(month=1, day=1)
    return _a_year_before(day) + _DAY


def ends_on(window: Window, day: date) -> date | None:
    """The last day of a level that is reached on `day`; None: it has no end.

    Rolling: twelve months, the day itself included. By year: the rest of it and all of the next.
    """
    if window is Window.LIFETIME:
        return None
    if window is Window.YEAR:
        return date(day.year + 1, 12, 31)
    return add_months(day, 12) - _DAY


def next_end(window: Window, end: date) -> date | None:
    """The last day of the period after the one that ended on `end`."""
    if window is Window.LIFETIME:
        return None
    if window is Window.YEAR:
        return date(end.year + 1, 12, 31)
    return add_months(end + _DAY, 12) - _DAY


def carried_days(window: Window, day: date) -> tuple[date, date] | None:
    """The first and last day of the year before, whose levels last through this one.

    None where the window itself reaches back far enough.
    """
    if window is not Window.YEAR:
        return None
    return date(day.year - 1, 1, 1), date(day.year - 1, 12, 31)


def _a_year_before(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year - 1, 2, 28)
    return day.replace(year=day.year - 1)
