"""Running jobs once per occasion, in order, whoever asks and how often."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import pytest

from stores.models import JobRun, JobState
from stores.policies.schedules import CatchUp, Daily, Every, Hours, Job
from stores.selectors import jobs as selecting
from stores.services import jobs, schedule
from tests.racing import together

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOON = shanghai("2026-03-01T12:00")
PENDING = Job("pending", "t.tasks.pending", Every(timedelta(minutes=10)), HOUR)
EXPIRE = Job("expire", "t.tasks.expire", Daily(0, 10), 2 * HOUR, after=("pending",))
TIERS = Job("tiers", "t.tasks.tiers", Daily(1, 0), 2 * HOUR, after=("expire",))
VERIFY = Job("verify", "t.tasks.verify", Daily(3, 0), 2 * HOUR, after=("tiers",))
BIRTHDAYS = Job("birthdays", "t.tasks.birthdays", Daily(8, 0), HOUR, catch_up=CatchUp.EACH_DAY)
DAYTIME = Hours(clock(9), clock(21))
REMIND = Job("remind", "t.tasks.remind", Daily(10, 0), HOUR, hours=DAYTIME)
ALL = (PENDING, EXPIRE, TIERS, VERIFY, BIRTHDAYS, REMIND)


@pytest.fixture(autouse=True)
def _schedule() -> Iterator[None]:
    before = list(selecting.registered().values())
    selecting.register(ALL)
    yield
    selecting.register(before)


def nothing() -> None:
    pass


def work(job: Job, now: datetime) -> datetime | None:
    """Run the job if its turn has come; returns the slot that it was for."""
    claim = schedule.claim(job=job, now=now)
    if claim is None:
        return None
    assert schedule.run(claim=claim, work=nothing)
    return claim.slot


def state(job: Job) -> JobState:
    return JobState.objects.get(name=job.name)


def test_a_new_job_has_nothing_to_catch_up_on() -> None:
    assert work(EXPIRE, NOON) is None
    assert work(PENDING, NOON) == NOON


def test_a_daily_job_runs_once_per_business_day() -> None:
    schedule.ensure(now=NOON)
    night = shanghai("2026-03-02T00:10")
    work(PENDING, night)
    assert [work(EXPIRE, night + n * SECOND) for n in range(3)] == [night, None, None]
    assert work(EXPIRE, night - SECOND + timedelta(days=1)) is None
    next_night = night + timedelta(days=1)
    work(PENDING, next_night)
    assert work(EXPIRE, next_night) == next_night


def test_a_job_waits_for_those_before_it() -> None:
    schedule.ensure(now=NOON)
    night = shanghai("2026-03-02T01:00")
    assert work(TIERS, night) is None
    work(PENDING, night)
    assert work(EXPIRE, night) == shanghai("2026-03-02T00:10")
    assert work(TIERS, night) == night


def test_a_job_does_not_wait_for_ever() -> None:
    schedule.ensure(now=NOON)
    assert work(TIERS, shanghai("2026-03-02T06:59")) is None
    assert work(TIERS, shanghai("2026-03-02T07:01")) == shanghai("2026-03-02T01:00")


def test_a_job_that_is_at_work_is_not_started_beside_itself() -> None:
    claim = schedule.claim(job=PENDING, now=NOON)
    assert claim is not None
    later = NOON + timedelta(minutes=10)
    JobState.objects.update(heartbeat_at=later - 2 * SECOND)
    assert schedule.claim(job=PENDING, now=later) is None


def test_a_run_that_was_killed_is_taken_over_after_its_silence() -> None:
    gone = schedule.claim(job=PENDING, now=NOON)
    assert gone is not None
    JobState.objects.update(
        run=JobRun.objects.create(name="t.pending", started_at=NOON, heartbeat_at=NOON)
    )

    assert schedule.claim(job=PENDING, now=NOON + 29 * SECOND) is None
    taken = schedule.claim(job=PENDING, now=NOON + 31 * SECOND)
    assert taken is not None
    assert taken.slot == NOON
    assert JobRun.objects.get().state == JobRun.State.INTERRUPTED

    # The first was only asleep; it has lost its claim and settles nothing.
    assert schedule.run(claim=gone, work=nothing)
    assert state(PENDING).state == JobState.State.RUNNING
    assert schedule.run(claim=taken, work=nothing)
    assert (state(PENDING).state, state(PENDING).settled_at) == ("done", NOON)


def test_a_failure_is_told_and_tried_again_as_declared() -> None:
    schedule.ensure(now=NOON)
    at = shanghai("2026-03-02T08:00")

    def fail() -> None:
        raise ZeroDivisionError("by zero")

    tried = []
    for minute in range(0, 120, 5):
        now = at + timedelta(minutes=minute)
        claim = schedule.claim(job=BIRTHDAYS, now=now)
        if claim is not None:
            tried.append(minute)
            assert not schedule.run(claim=claim, work=fail)

    assert tried == [0, 20, 40]  # the pause counts from the end of the failed run
    found = state(BIRTHDAYS)
    assert (found.state, found.error, found.settled_at) == (
        "failed",
        "ZeroDivisionError: by zero",
        at,
    )
    work(BIRTHDAYS, at + timedelta(days=1))
    assert state(BIRTHDAYS).error == ""


def test_the_record_says_what_it_was_for_and_who_asked() -> None:
    schedule.ask(name="birthdays", actor="staff:7", now=NOON)
    claim = schedule.claim(job=BIRTHDAYS, now=NOON)
    assert claim is not None

    def record() -> None:
        with jobs.recorded(name="t.birthdays", now=NOON):
            pass

    schedule.run(claim=claim, work=record)
    run = JobRun.objects.get()
    assert (run.actor, run.slot_at, state(BIRTHDAYS).run_id) == ("staff:7", None, run.pk)
    assert jobs.OCCASION.get() is None


def test_asking_twice_is_one_run() -> None:
    assert schedule.ask(name="tiers", actor="staff:1", now=NOON)
    assert not schedule.ask(name="tiers", actor="staff:2", now=NOON)
    assert schedule.asked(now=NOON) == ["tiers"]
    assert work(TIERS, NOON) is None
    assert schedule.asked(now=NOON) == []
    assert state(TIERS).actor == "staff:1"
    assert schedule.claim(job=TIERS, now=NOON) is None


def test_reminders_wait_for_the_morning_even_when_a_person_asks() -> None:
    night = shanghai("2026-03-01T23:00")
    schedule.ask(name="remind", actor="staff:1", now=night)
    assert schedule.asked(now=night) == []
    assert schedule.claim(job=REMIND, now=night) is None
    morning = shanghai("2026-03-02T09:00")
    assert schedule.asked(now=morning) == ["remind"]


def catch_up(now: datetime) -> list[tuple[str, str]]:
    """What the sweep of missed jobs starts, one after the other, until nothing is due."""
    ran = []
    while found := schedule.due(now=now):
        _slot, job = found[0]
        done = work(job, now)
        assert done is not None
        ran.append((job.name, f"{done.astimezone(SHANGHAI):%m-%d %H:%M}"))
    return ran


def test_three_days_down() -> None:
    """Everything stood still from the noon of 1 March to half past eight on the 4th."""
    schedule.ensure(now=NOON)
    morning = shanghai("2026-03-04T08:30")
    assert work(PENDING, morning) is not None
    assert catch_up(morning) == [
        ("birthdays", "03-02 08:00"),
        ("birthdays", "03-03 08:00"),
        ("expire", "03-04 00:10"),
        ("tiers", "03-04 01:00"),
        ("verify", "03-04 03:00"),
        ("birthdays", "03-04 08:00"),
    ]
    assert catch_up(morning) == []
    # People are not told before nine; then once, for the three days together.
    assert catch_up(shanghai("2026-03-04T09:00")) == [("remind", "03-03 10:00")]
    assert catch_up(shanghai("2026-03-04T10:00")) == [("remind", "03-04 10:00")]


def test_a_lost_message_about_an_interval_is_made_up_for() -> None:
    schedule.ensure(now=NOON)
    work(PENDING, NOON)
    following = NOON + timedelta(minutes=10)
    assert schedule.overdue(now=following - SECOND) == []
    assert schedule.overdue(now=following + 29 * SECOND) == []  # its message may be under way
    assert schedule.overdue(now=following + 30 * SECOND) == [PENDING]
    assert work(PENDING, following + 30 * SECOND) == following
    assert schedule.overdue(now=following + 40 * SECOND) == []


def test_what_was_missed_comes_one_by_one() -> None:
    schedule.ensure(now=NOON)
    later = shanghai("2026-03-04T08:30")
    work(PENDING, later)
    assert schedule.due(now=later) != []
    claim = schedule.claim(job=schedule.due(now=later)[0][1], now=later)
    assert claim is not None
    assert schedule.due(now=later) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", [EXPIRE, PENDING], ids=["daily", "interval"])
def test_of_many_at_once_one_runs(job: Job) -> None:
    schedule.ensure(now=NOON)
    night = shanghai("2026-03-02T07:00")
    ran: list[int] = []

    def start(number: int) -> bool:
        claim = schedule.claim(job=job, now=night)
        if claim is None:
            return False
        return schedule.run(claim=claim, work=lambda: ran.append(number))

    answers = together(24, start)
    assert sorted(map(str, answers)) == ["False"] * 23 + ["True"]
    assert len(ran) == 1


@pytest.mark.django_db(transaction=True)
def test_a_long_job_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "BEAT_SECONDS", 0.05)
    claim = schedule.claim(job=PENDING, now=NOON)
    assert claim is not None
    seen: list[datetime | None] = []

    def last_a_while() -> None:
        time.sleep(0.5)
        seen.append(state(PENDING).heartbeat_at)

    assert schedule.run(claim=claim, work=last_a_while)
    assert seen[0] is not None
    assert seen[0] > NOON


def test_the_overview_costs_one_query(django_assert_num_queries: object) -> None:
    schedule.ensure(now=NOON)
    with django_assert_num_queries(1):  # type: ignore[operator]
        lines = selecting.overview(NOON)
        assert [line.job.name for line in lines] == [job.name for job in ALL]
        assert [line.is_late for line in lines] == [False] * len(ALL)
        assert all(line.when and line.due_at > NOON for line in lines)


def test_a_job_that_no_worker_has_seen_is_late() -> None:
    assert all(line.is_late for line in selecting.overview(NOON))
