"""Which lots a clearing takes, which reminder is due, which notice is owed: by table.

Every line was worked out by hand on a calendar. Days are those of Shanghai.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from points.policies import NEVER, clearing
from points.policies.clearing import Scope

SHANGHAI = ZoneInfo("Asia/Shanghai")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def scope(first: str, last: str, last_day: str) -> Scope:
    begins, before = clearing.earned_in_days(
        date.fromisoformat(first) if first else None, date.fromisoformat(last), SHANGHAI
    )
    return Scope(
        basis="earned",
        cutoff_at=clearing.ends_after(date.fromisoformat(last_day), SHANGHAI),
        earned_from=begins,
        earned_before=before,
    )


# earned from, earned through, last day | earned at | ends by itself at | taken
YEAR_ENDS = """
           | 2025-12-31 | 2026-12-31 | 2025-12-31T23:59:59.999999 | never               | yes
           | 2025-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | no
           | 2025-12-31 | 2026-12-31 | 2019-07-01T12:00:00        | never               | yes
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2027-01-01T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2026-12-31T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2027-01-02T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2024-02-29T00:00:00        | never               | yes
           | 2025-12-31 | 2026-12-31 | 2024-02-29T23:59:59        | 2028-02-29T00:00:00 | no
           | 2026-12-31 | 2026-12-31 | 2026-12-31T23:59:59        | never               | yes
           | 2026-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | yes
           | 2026-12-31 | 2026-12-31 | 2027-01-01T00:00:00        | never               | no
2025-01-01 | 2025-12-31 | 2026-12-31 | 2024-12-31T23:59:59        | never               | no
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-06-30T10:00:00        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-12-31T23:59:59        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | no
2024-01-01 | 2025-12-31 | 2027-12-31 | 2024-01-01T00:00:00        | never               | yes
2024-01-01 | 2025-12-31 | 2027-12-31 | 2023-12-31T23:59:59        | never               | no
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | never               | yes
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | 2026-03-01T00:00:00 | no
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | 2026-03-01T00:00:01 | no
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-29T00:00:00        | never               | yes
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-29T23:59:59        | never               | yes
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-28T23:59:59        | never               | no
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-03-01T00:00:00        | never               | no
2024-02-01 | 2024-02-29 | 2028-02-29 | 2024-02-01T00:00:00        | 2028-03-01T00:00:00 | no
2024-02-01 | 2024-02-29 | 2028-02-29 | 2024-02-01T00:00:00        | 2028-03-02T00:00:00 | no
2026-01-01 | 2026-03-31 | 2026-03-31 | 2026-03-31T23:59:59        | never               | yes
2026-01-01 | 2026-03-31 | 2026-03-31 | 2026-04-01T00:00:00        | never               | no
2026-01-01 | 2026-03-31 | 2026-06-30 | 2026-01-01T00:00:00        | 2026-07-01T00:00:00 | no
2026-01-01 | 2026-03-31 | 2026-06-30 | 2026-01-01T00:00:00        | 2026-10-01T00:00:00 | no
2026-10-01 | 2026-12-31 | 2026-12-31 | 2026-09-30T23:59:59        | never               | no
2026-10-01 | 2026-12-31 | 2026-12-31 | 2026-10-01T00:00:00        | never               | yes
2026-10-01 | 2026-12-31 | 2027-03-31 | 2026-12-31T23:59:59        | never               | yes
"""

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


@pytest.mark.parametrize("case", lines(YEAR_ENDS), ids=" ".join)
def test_what_an_ordered_clearing_takes(case: list[str]) -> None:
    first, last, last_day, earned, ends, taken = case
    found = scope(first, last, last_day).takes(
        earned_at=instant(earned),
        expires_at=NEVER if ends == "never" else instant(ends),
    )
    assert found is (taken == "yes")


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


@pytest.mark.parametrize("case", lines(QUARTERS), ids=" ".join)
def test_the_days_of_a_quarter(case: list[str]) -> None:
    day, first, last = (date.fromisoformat(cell) for cell in case)
    assert clearing.quarter_of(day) == (first, last)


def test_what_has_lapsed_is_taken_whatever_its_age() -> None:
    lapsed = Scope(basis="lapsed", cutoff_at=instant("2027-01-01"))
    old = instant("2020-01-01")
    assert lapsed.takes(earned_at=old, expires_at=instant("2027-01-01"))
    assert not lapsed.takes(
        earned_at=old, expires_at=instant("2027-01-01") + timedelta(microseconds=1)
    )


def test_of_one_store_only() -> None:
    one = Scope(basis="lapsed", cutoff_at=instant("2027-01-01"), store_id=7)
    old = instant("2020-01-01")
    assert one.takes(earned_at=old, expires_at=old, store_id=7)
    assert not one.takes(earned_at=old, expires_at=old, store_id=8)
    assert not one.takes(earned_at=old, expires_at=old)


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
