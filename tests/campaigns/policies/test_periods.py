"""Periods and validity: the day is the store's."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.policies import periods
from campaigns.policies.periods import Validity

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("validity", "earned", "dead"),
    [
        (Validity("months", 12), "2010-12-09T15:00", "2011-12-09"),
        (Validity("months", 12), "2010-12-09T00:00", "2011-12-09"),
        (Validity("months", 12), "2012-02-29T12:00", "2013-03-01"),
        (Validity("months", 48), "2012-02-29T12:00", "2016-02-29"),
        (Validity("months", 1), "2011-01-31T12:00", "2011-03-01"),
        (Validity("months", 1), "2011-12-31T12:00", "2012-01-31"),
        (Validity("days", 30), "2011-12-15T23:59", "2012-01-14"),
        (Validity("year_end", 0), "2026-01-01T00:00", "2027-01-01"),
        (Validity("year_end", 0), "2026-12-31T23:59", "2027-01-01"),
        (Validity("year_end", 1), "2026-06-01T12:00", "2028-01-01"),
        (Validity("quarter_end", 0), "2026-03-31T23:59", "2026-04-01"),
        (Validity("quarter_end", 1), "2026-11-30T12:00", "2027-04-01"),
        (Validity("date", last_day=date(2026, 12, 31)), "2026-05-01T12:00", "2027-01-01"),
        (Validity("date", last_day=date(2026, 4, 30)), "2026-05-01T12:00", "2026-05-02"),
    ],
)
def test_points_die_at_the_start_of_a_day(validity: Validity, earned: str, dead: str) -> None:
    at = datetime.fromisoformat(earned).replace(tzinfo=SHANGHAI)

    assert validity.ends_at(at, SHANGHAI) == datetime.fromisoformat(dead).replace(tzinfo=SHANGHAI)


def test_the_day_of_earning_is_the_stores_day() -> None:
    late_evening_in_utc = datetime(2010, 12, 8, 16, 30, tzinfo=UTC)

    ends = Validity("months", 12).ends_at(late_evening_in_utc, SHANGHAI)

    assert ends == datetime(2011, 12, 9, tzinfo=SHANGHAI)


def test_points_that_never_expire_have_no_end() -> None:
    assert Validity("never").ends_at(datetime(2026, 1, 1, tzinfo=SHANGHAI), SHANGHAI) is None


@pytest.mark.parametrize(
    ("period", "starts"),
    [
        ("day", "2026-11-21"),
        ("week", "2026-11-16"),
        ("month", "2026-11-01"),
        ("quarter", "2026-10-01"),
        ("year", "2026-01-01"),
        ("ever", "0001-01-01"),
    ],
)
def test_periods_start(period: str, starts: str) -> None:
    assert periods.period_start(period, date(2026, 11, 21)) == date.fromisoformat(starts)
