"""When a job is due: pure, and by the shop's clock."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.policies import schedules
from stores.policies.schedules import CatchUp, Daily, Every, Hours, Job, When, Yearly

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Daily(0, 10)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def job(when: When = NIGHT, **values: Any) -> Job:
    told: dict[str, object] = {
        "name": "x",
        "task": "points.tasks.x",
        "late_after": timedelta(hours=2),
    }
    return Job(when=when, **(told | values))  # type: ignore[arg-type]  # a table of a test


@pytest.mark.parametrize(
    ("at", "latest", "following"),
    [
        ("2026-03-01T00:09:59", "2026-02-28T00:10", "2026-03-01T00:10"),
        ("2026-03-01T00:10:00", "2026-03-01T00:10", "2026-03-02T00:10"),
        ("2024-02-29T23:59:59", "2024-02-29T00:10", "2024-03-01T00:10"),
        ("2026-12-31T23:59:59", "2026-12-31T00:10", "2027-01-01T00:10"),
        ("2027-01-01T00:00:00", "2026-12-31T00:10", "2027-01-01T00:10"),
    ],
)
def test_a_day_is_the_shops_day(at: str, latest: str, following: str) -> None:
    instant = shanghai(at).astimezone(UTC)
    assert NIGHT.latest(instant, SHANGHAI) == shanghai(latest)
    assert NIGHT.following(instant, SHANGHAI) == shanghai(following)


def test_a_yearly_job_has_its_day_in_every_year() -> None:
    when = Yearly(12, 31, 23, 59)
    assert when.latest(shanghai("2026-12-31T23:58"), SHANGHAI) == shanghai("2025-12-31T23:59")
    assert when.following(shanghai("2026-12-31T23:59"), SHANGHAI) == shanghai("2027-12-31T23:59")
    with pytest.raises(ValueError):
        Yearly(2, 29, 0, 0)


SAY = """
from datetime import datetime, UTC
from zoneinfo import ZoneInfo
from stores.policies.schedules import Daily, Every, Hours, Yearly
from datetime import time, timedelta
zone = ZoneInfo("Asia/Shanghai")
for at in ("2026-12-31T16:00", "2026-12-31T15:59", "2026-12-31T16:10", "2026-03-08T07:00"):
    at = datetime.fromisoformat(at).replace(tzinfo=UTC)
    for when in (Daily(0, 10), Yearly(12, 31, 23, 59), Every(timedelta(minutes=10))):
        print(when.latest(at, zone).isoformat(), when.following(at, zone).isoformat())
    print(Hours(time(9), time(21)).include(at, zone))
"""


def test_the_servers_zone_changes_nothing() -> None:
    """Around midnight of New Year in Shanghai, and where New York loses an hour."""
    told = {
        zone: subprocess.run(
            [sys.executable, "-c", SAY],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "America/New_York", "Asia/Shanghai")
    }
    assert len(set(told.values())) == 1
    assert told["UTC"].splitlines()[0] == "2026-12-30T16:10:00+00:00 2026-12-31T16:10:00+00:00"


@given(
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    when=st.sampled_from(
        [
            NIGHT,
            Daily(23, 59),
            Yearly(1, 1, 0, 0),
            Every(timedelta(seconds=3)),
            Every(timedelta(days=1)),
        ]
    ),
    zone=st.sampled_from([SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("UTC")]),
)
def test_slots_follow_each_other_without_a_gap(at: datetime, when: When, zone: ZoneInfo) -> None:
    latest, following = when.latest(at, zone), when.following(at, zone)
    assert latest <= at < following
    assert when.latest(following, zone) == following
    assert when.following(latest, zone) == following


def test_what_was_missed() -> None:
    settled, now = shanghai("2026-03-01T00:10"), shanghai("2026-03-04T09:00")
    days = [shanghai(f"2026-03-0{day}T00:10") for day in (2, 3, 4)]

    def found(one: Job) -> list[datetime]:
        return schedules.missed(one, settled_at=settled, now=now, zone=SHANGHAI)

    assert found(job()) == days[-1:]
    assert found(job(catch_up=CatchUp.EACH_DAY)) == days
    assert schedules.missed(job(), settled_at=days[-1], now=now, zone=SHANGHAI) == []


def test_days_are_made_up_for_two_months_back() -> None:
    long_ago, now = shanghai("2020-01-01T00:10"), shanghai("2026-03-04T09:00")
    found = schedules.missed(
        job(catch_up=CatchUp.EACH_DAY), settled_at=long_ago, now=now, zone=SHANGHAI
    )
    assert len(found) == 62
    assert found[-1].astimezone(SHANGHAI).date() == date(2026, 3, 4)


def test_messages_to_people_keep_their_hours() -> None:
    daytime = job(Daily(10, 0), hours=Hours(time(9), time(21)))
    assert not schedules.may_run(daytime, at=shanghai("2026-03-01T08:59:59"), zone=SHANGHAI)
    assert schedules.may_run(daytime, at=shanghai("2026-03-01T09:00"), zone=SHANGHAI)
    assert not schedules.may_run(daytime, at=shanghai("2026-03-01T21:00"), zone=SHANGHAI)
    assert schedules.may_run(job(), at=shanghai("2026-03-01T03:00"), zone=SHANGHAI)


def test_late_is_after_the_allowance() -> None:
    settled = shanghai("2026-03-01T00:10")

    def late(at: str) -> bool:
        return schedules.is_late(
            job(), settled_at=settled, succeeded_at=settled, now=shanghai(at), zone=SHANGHAI
        )

    assert not late("2026-03-02T02:09:59")
    assert late("2026-03-02T02:10:00")


def test_an_interval_job_is_late_by_its_last_success() -> None:
    often = job(Every(timedelta(minutes=1)), late_after=timedelta(minutes=5))
    settled = shanghai("2026-03-01T10:00")

    def late(minute: int, succeeded_at: datetime | None) -> bool:
        return schedules.is_late(
            often,
            settled_at=settled,
            succeeded_at=succeeded_at,
            now=settled + timedelta(minutes=minute, seconds=1),
            zone=SHANGHAI,
        )

    assert not late(4, settled)
    assert late(5, settled)
    assert late(5, None)  # it has never run


def test_a_schedule_that_cannot_be_followed_is_refused() -> None:
    one, two = job(name="one", after=("two",)), job(name="two", after=("one",))
    for jobs, told in [
        ([job(), job()], "same name"),
        ([job(after=("nobody",))], "there is not"),
        ([one, two], "wait for each other"),
    ]:
        with pytest.raises(ValueError, match=told):
            schedules.check(jobs)
