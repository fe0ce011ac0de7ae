"""Which days count, at every edge (N14)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiers.policies.windows import Window, carried_days, ends_on, next_end, starts_on

LIFETIME, ROLLING, YEAR = Window.LIFETIME, Window.ROLLING, Window.YEAR


@pytest.mark.parametrize(
    ("window", "on", "first"),
    [
        (LIFETIME, "2026-03-02", "0001-01-01"),
        (ROLLING, "2026-03-02", "2025-03-03"),
        (ROLLING, "2026-01-01", "2025-01-02"),
        (ROLLING, "2013-02-28", "2012-02-29"),  # 29 February counts through 28 February
        (ROLLING, "2013-03-01", "2012-03-02"),
        (ROLLING, "2012-02-28", "2011-03-01"),
        (ROLLING, "2012-02-29", "2011-03-01"),
        (ROLLING, "2012-03-01", "2011-03-02"),
        (YEAR, "2026-01-01", "2026-01-01"),
        (YEAR, "2026-12-31", "2026-01-01"),
        (YEAR, "2024-02-29", "2024-01-01"),
    ],
)
def test_the_first_day_that_counts(window: Window, on: str, first: str) -> None:
    assert starts_on(window, date.fromisoformat(on)) == date.fromisoformat(first)


@pytest.mark.parametrize(
    ("window", "on", "end", "after"),
    [
        (ROLLING, "2026-03-02", "2027-03-01", "2028-03-01"),
        (ROLLING, "2026-01-01", "2026-12-31", "2027-12-31"),
        (ROLLING, "2024-02-29", "2025-02-28", "2026-02-28"),
        (ROLLING, "2025-12-31", "2026-12-30", "2027-12-30"),
        (YEAR, "2026-01-01", "2027-12-31", "2028-12-31"),
        (YEAR, "2026-12-31", "2027-12-31", "2028-12-31"),
    ],
)
def test_how_long_a_level_lasts(window: Window, on: str, end: str, after: str) -> None:
    last = date.fromisoformat(end)
    assert ends_on(window, date.fromisoformat(on)) == last
    assert next_end(window, last) == date.fromisoformat(after)


def test_a_level_for_life_has_no_end() -> None:
    day = date(2026, 3, 2)
    assert (ends_on(LIFETIME, day), next_end(LIFETIME, day)) == (None, None)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_rolling_day_counts_until_the_day_that_the_ledger_says(bought: date) -> None:
    """Growth of a day ends on the day on which points of twelve months end."""
    end = ends_on(ROLLING, bought)
    assert end is not None
    assert starts_on(ROLLING, end) <= bought < starts_on(ROLLING, end + timedelta(days=1))


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_rolling_period_counts_from_the_day_it_was_reached(reached: date) -> None:
    end = ends_on(ROLLING, reached)
    assert end is not None
    # Of 28 February, a leap year's period begins a day later than it: that day has two.
    assert starts_on(ROLLING, end) - reached <= timedelta(days=1)


def test_last_year_is_carried_by_the_calendar_only() -> None:
    day = date(2026, 1, 1)
    assert carried_days(YEAR, day) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (carried_days(ROLLING, day), carried_days(LIFETIME, day)) == (None, None)
