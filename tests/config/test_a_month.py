"""A December day by day, by the schedule: exactly the notices that a calendar would say.

The expectations are written down by hand, from the days alone.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.schedule import JOBS
from members.models import Member
from notifications.models import Notice
from notifications.services import delivery
from points import selectors
from points.models import ClearingRun, ClearingSettings, ClearingSkip
from points.selectors import audit
from points.services import accounts, expiry, ledger, maturity, reminders
from points.services.clearing import plans, telling, working
from stores.policies.schedules import Job

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2026, 12, 1), date(2027, 1, 2)
Told = tuple[str, str, str, int]


def noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI).replace(hour=12)


def through(day: str) -> datetime:
    """The instant at which points end that count through this day."""
    midnight = datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI)
    return (midnight + timedelta(days=1)).astimezone(UTC)


def work_clearings(now: datetime) -> None:
    for plan in plans.open_plans(now=now):
        working.work(plan_id=plan, now=now)


# What each job of the schedule does, with the clock in our hands.
WORK: dict[str, Callable[[datetime], object]] = {
    "expire_lots": lambda now: expiry.expire_nightly(now=now),
    "remind_expiring": lambda now: reminders.remind(now=now),
    "release_pending": lambda now: maturity.release_pending(now=now),
    "work_clearings": work_clearings,
    "tell_cleared": lambda now: telling.tell_cleared(now=now),
    "deliver_sms": lambda now: delivery.deliver_due(now=now),
}
# Jobs of every minute are looked at every six hours here: nothing happens in between.
OFTEN = ("work_clearings", "tell_cleared", "release_pending", "deliver_sms")


def occasions(jobs: tuple[Job, ...]) -> Iterator[tuple[datetime, str]]:
    """Every occasion of the month in its order, as the clock process would send it."""
    now = datetime.combine(FIRST, datetime.min.time(), SHANGHAI).astimezone(UTC)
    end = datetime.combine(LAST, datetime.min.time(), SHANGHAI).astimezone(UTC)
    found = []
    for place, job in enumerate(jobs):
        if job.name not in WORK:
            continue
        at = job.when.following(now - timedelta(seconds=1), SHANGHAI)
        while at < end:
            if job.name not in OFTEN or at.hour % 6 == 4:
                found.append((at, place, job.name))
            at = job.when.following(at, SHANGHAI)
            if job.name in OFTEN:
                at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for at, _place, name in sorted(found):
        yield at, name


@pytest.fixture
def people(db: None) -> dict[str, Member]:
    names = ("月末", "分批", "用掉", "新来", "永久", "旧账", "晚到", "冻结")
    return {
        name: Member.objects.create(number=f"S{n:08}", name=name, joined_at=noon("2025-01-01"))
        for n, name in enumerate(names)
    }


def give(member: Member, points: int, earned: str, ends: datetime | None, **extra: object) -> None:
    ledger.earn(
        member_id=member.pk,
        points=points,
        reference=f"{earned}:{points}",
        source="purchase",
        actor="t",
        at=noon(earned),
        expires_at=ends,
        **extra,  # type: ignore[arg-type]
    )


EXPECTED: list[Told] = [
    # 100 through 31 December, and 30 through 7 January: on the first day of the month the first
    # have 31 days left, which is the sixty's reminder, caught up; the second have 38.
    ("2026-12-01", "月末", "points_expiring", 130),
    ("2026-12-02", "月末", "points_expiring", 100),
    ("2026-12-09", "月末", "points_expiring", 30),
    ("2026-12-25", "月末", "points_expiring", 100),
    ("2026-12-31", "月末", "points_expiring", 100),
    ("2027-01-01", "月末", "points_expiring", 30),
    ("2027-01-01", "月末", "points_cleared", -100),
    # 50 through the 8th and 20 through the 14th: both in one notice where both are due.
    ("2026-12-01", "分批", "points_expiring", 70),
    ("2026-12-02", "分批", "points_expiring", 50),
    ("2026-12-08", "分批", "points_expiring", 70),
    ("2026-12-09", "分批", "points_cleared", -50),
    ("2026-12-14", "分批", "points_expiring", 20),
    ("2026-12-15", "分批", "points_cleared", -20),
    # 80 through the 20th, of which 60 are spent on the 10th, and the rest on the 15th.
    ("2026-12-01", "用掉", "points_expiring", 80),
    ("2026-12-14", "用掉", "points_expiring", 20),
    # 5 that come on the 28th and count through the 30th: the seven's reminder next morning.
    ("2026-12-28", "新来", "points_expiring", 5),
    ("2026-12-30", "新来", "points_expiring", 5),
    ("2026-12-31", "新来", "points_cleared", -5),
    # 200 without an end, earned in 2025: the clearing of the year takes them.
    ("2026-12-01", "旧账", "points_expiring", 200),
    ("2026-12-02", "旧账", "points_expiring", 200),
    ("2026-12-25", "旧账", "points_expiring", 200),
    ("2026-12-31", "旧账", "points_expiring", 200),
    ("2027-01-01", "旧账", "points_cleared", -200),
    # 40 of 2025 that come by an import on the 20th, usable since 2025: told twice, passed over.
    ("2026-12-21", "晚到", "points_expiring", 40),
    ("2026-12-25", "晚到", "points_expiring", 40),
    ("2026-12-31", "晚到", "points_expiring", 40),
    # A frozen account is told as any other; its points end all the same.
    ("2026-12-01", "冻结", "points_expiring", 9),
    ("2026-12-03", "冻结", "points_expiring", 9),
    ("2026-12-09", "冻结", "points_expiring", 9),
    ("2026-12-10", "冻结", "points_cleared", -9),
]


def test_december_tells_everybody_what_the_calendar_says(people: dict[str, Member]) -> None:
    ClearingSettings.objects.create()
    give(people["月末"], 100, "2025-12-31", through("2026-12-31"))
    give(people["月末"], 30, "2026-01-07", through("2027-01-07"))
    give(people["分批"], 50, "2025-12-08", through("2026-12-08"))
    give(people["分批"], 20, "2025-12-14", through("2026-12-14"))
    give(people["用掉"], 80, "2025-12-20", through("2026-12-20"))
    give(people["永久"], 77, "2026-05-05", None)
    give(people["旧账"], 200, "2025-03-03", None)
    give(people["冻结"], 9, "2025-12-09", through("2026-12-09"))
    accounts.freeze(
        member_id=people["冻结"].pk, reason="r", reference="f", actor="t", at=noon("2026-11-01")
    )
    plan = plans.order(
        values={
            "name": "2025 年积分",
            "policy": "year_end",
            "earned_first_day": None,
            "earned_last_day": date(2025, 12, 31),
            "last_day": date(2026, 12, 31),
        },
        actor="staff:1",
        at=noon("2026-11-30"),
    )
    plans.request_rehearsal(plan_id=plan.pk, at=noon("2026-11-30"))
    working.work(plan_id=plan.pk, now=noon("2026-11-30"))
    plans.approve(plan_id=plan.pk, actor="staff:2", at=noon("2026-11-30"))

    happens = [
        (noon("2026-12-10"), lambda: spend(people["用掉"], 60, "2026-12-10")),
        (noon("2026-12-15"), lambda: spend(people["用掉"], 20, "2026-12-15")),
        (noon("2026-12-20"), lambda: give(people["晚到"], 40, "2025-06-06", None)),
        (
            noon("2026-12-28") - timedelta(hours=3),
            lambda: give(people["新来"], 5, "2026-12-28", through("2026-12-30")),
        ),
    ]
    for at, name in occasions(JOBS):
        while happens and happens[0][0] <= at:
            happens.pop(0)[1]()
        WORK[name](at)

    names = {member.pk: name for name, member in people.items()}
    told = [
        (
            row.created_at.astimezone(SHANGHAI).date().isoformat(),
            names[row.member_id],
            row.kind,
            row.points or 0,
        )
        for row in Notice.objects.filter(kind__startswith="points_e")
        | Notice.objects.filter(kind="points_cleared")
    ]
    told = [one for one in told if one[2] != "points_earned"]
    assert sorted(told) == sorted(EXPECTED)
    hours = {
        row.created_at.astimezone(SHANGHAI).hour
        for row in Notice.objects.filter(kind="points_expiring")
    }
    assert hours == {10}
    skip = ClearingSkip.objects.get()
    assert (skip.account.member_id, skip.points, skip.reason) == (
        people["晚到"].pk,
        40,
        ClearingSkip.Reason.NOT_TOLD,
    )
    assert ClearingRun.objects.get(plan=plan).points == 200
    end = through("2027-01-01")
    left = {name: selectors.balance(member.pk, end).available for name, member in people.items()}
    assert left == {
        "月末": 30,
        "分批": 0,
        "用掉": 0,
        "新来": 0,
        "永久": 77,
        "旧账": 0,
        "晚到": 40,
        "冻结": 0,
    }
    assert audit.run().breaches == {}


def spend(member: Member, points: int, day: str) -> None:
    ledger.spend(
        member_id=member.pk,
        points=points,
        reference=f"spend:{day}",
        source="mall",
        actor="t",
        at=noon(day),
    )
