"""Which reminder is due, which notice is owed, which days a quarter has: by table.

Every line was worked out by hand on a calendar. Days are those of Shanghai.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from points.policies import clearing
from points.policies.clearing import Scope

SHANGHAI = ZoneInfo("Asia/Shanghai")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# deadline (its first dead day) | today | days left | stage of 60, 30, 7, 1
REMINDERS = """
2027-01-01 | 2026-11-01 | 61 | -
2027-01-01 | 2026-11-02 | 60 | 60
2027-01-01 | 2026-11-03 | 59 | 60
2027-01-01 | 2026-12-01 | 31 | 60
2027-01-01 | 2026-12-02 | 30 | 30
2027-01-01 | 2026-12-03 | 29 | 30
2027-01-01 | 2026-12-24 | 8  | 30
2027-01-01 | 2026-12-25 | 7  | 7
2027-01-01 | 2026-12-26 | 6  | 7
2027-01-01 | 2026-12-30 | 2  | 7
2027-01-01 | 2026-12-31 | 1  | 1
2028-03-01 | 2027-12-31 | 61 | -
2028-03-01 | 2028-01-01 | 60 | 60
2028-03-01 | 2028-01-31 | 30 | 30
2028-03-01 | 2028-02-01 | 29 | 30
2028-03-01 | 2028-02-22 | 8  | 30
2028-03-01 | 2028-02-23 | 7  | 7
2028-03-01 | 2028-02-28 | 2  | 7
2028-03-01 | 2028-02-29 | 1  | 1
2027-03-01 | 2026-12-31 | 60 | 60
2027-03-01 | 2027-01-29 | 31 | 60
2027-03-01 | 2027-01-30 | 30 | 30
2027-03-01 | 2027-02-22 | 7  | 7
2027-03-01 | 2027-02-28 | 1  | 1
2028-02-29 | 2028-01-30 | 30 | 30
2028-02-29 | 2028-02-28 | 1  | 1
2026-07-01 | 2026-06-01 | 30 | 30
2026-07-01 | 2026-06-24 | 7  | 7
"""

# deadline (first dead day) | usable from | notices owed of 30, 7
OWED = """
2027-01-01 | 2025-01-01T00:00:00 | 30 7
2027-01-01 | 2026-12-01T23:59:59 | 30 7
2027-01-01 | 2026-12-02T00:00:00 | 30 7
2027-01-01 | 2026-12-02T00:00:01 | 7
2027-01-01 | 2026-12-25T00:00:00 | 7
2027-01-01 | 2026-12-25T00:00:01 |
2027-01-01 | 2026-12-31T12:00:00 |
2028-03-01 | 2028-01-31T00:00:00 | 30 7
2028-03-01 | 2028-01-31T00:00:01 | 7
2028-03-01 | 2028-02-23T00:00:00 | 7
2028-03-01 | 2028-02-29T00:00:00 |
2027-03-01 | 2027-01-30T00:00:00 | 30 7
2027-03-01 | 2027-01-30T00:00:01 | 7
2027-03-01 | 2027-02-22T00:00:01 |
"""

QUARTERS = """
2026-01-01 | 2026-01-01 | 2026-03-31
2026-03-31 | 2026-01-01 | 2026-03-31
2026-04-01 | 2026-04-01 | 2026-06-30
2026-06-30 | 2026-04-01 | 2026-06-30
2026-07-01 | 2026-07-01 | 2026-09-30
2026-09-30 | 2026-07-01 | 2026-09-30
2026-10-01 | 2026-10-01 | 2026-12-31
2026-12-31 | 2026-10-01 | 2026-12-31
2028-02-29 | 2028-01-01 | 2028-03-31
"""


def lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip("\n").splitlines()]


@pytest.mark.parametrize("case", lines(REMINDERS), ids=" ".join)
def test_which_reminder_is_due(case: list[str]) -> None:
    deadline, today, left, stage = case
    found = clearing.days_left(instant(deadline), date.fromisoformat(today), SHANGHAI)
    assert found == int(left)
    assert clearing.stage_of(found, clearing.STAGES) == (None if stage == "-" else int(stage))


@pytest.mark.parametrize("case", lines(OWED), ids=" ".join)
def test_which_notices_are_owed(case: list[str]) -> None:
    deadline, usable, owed = case
    found = clearing.owed(instant(deadline), instant(usable), clearing.REQUIRED)
    assert found == [int(day) for day in owed.split()]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({30: 30, 7: 7}, True),
        ({30: 27, 7: 4}, True),
        ({30: 26, 7: 7}, False),
        ({30: 30, 7: 3}, False),
        ({30: 30}, False),
        ({60: 60, 7: 7}, False),
        ({}, False),
    ],
)
def test_a_notice_counts_up_to_three_days_late(given: dict[int, int], told: bool) -> None:
    ends = instant("2027-01-01")
    earned = instant("2025-01-01")
    assert clearing.was_told(ends, earned, required=(30, 7), late_days=3, given=given) is told


@pytest.mark.parametrize("case", lines(QUARTERS), ids=" ".join)
def test_the_days_of_a_quarter(case: list[str]) -> None:
    day, first, last = (date.fromisoformat(cell) for cell in case)
    assert clearing.quarter_of(day) == (first, last)


@pytest.mark.parametrize("text", ["x", "0", "-1", "367", "1.5", "1;2"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clearing.days_of(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [("", ()), ("7", (7,)), ("1,30, 7", (30, 7, 1)), ("7,7", (7,)), ("60\uff0c30", (60, 30))],
)
def test_days_are_read_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    assert clearing.days_of(text) == days


def test_an_ordered_clearing_without_its_earning_days_cannot_be() -> None:
    with pytest.raises(ValueError, match="earned"):
        Scope(basis="earned", cutoff_at=instant("2027-01-01"))
