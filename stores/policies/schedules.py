"""When a job is due, in the shop's time whatever the server's: pure arithmetic of instants.

A *slot* is one occasion on which a job is to run: the start of an interval, or an hour of a day
of the shop's calendar. Every slot is an instant in UTC. Two instants with the same zone compare
by their wall clocks, so all comparing here is done in UTC.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
# A shop that was closed for longer has its days looked at no further back than this.
_MISSED_MAX = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again; the intervals are counted from the epoch, so all machines agree on them."""

    interval: timedelta

    def latest(self, at: datetime, zone: ZoneInfo) -> datetime:
        return at.astimezone(UTC) - (at - _EPOCH) % self.interval

    def following(self, after: datetime, zone: ZoneInfo) -> datetime:
        return self.latest(after, zone) + self.interval


@dataclass(frozen=True, slots=True)
class Daily:
    """Once per day of the shop's calendar."""

    hour: int
    minute: int

    def latest(self, at: datetime, zone: ZoneInfo) -> datetime:
        day = at.astimezone(zone).date()
        slot = self.on(day, zone)
        return slot if slot <= at else self.on(day - _DAY, zone)

    def following(self, after: datetime, zone: ZoneInfo) -> datetime:
        day = after.astimezone(zone).date()
        slot = self.on(day, zone)
        return slot if slot > after else self.on(day + _DAY, zone)

    def on(self, day: date, zone: ZoneInfo) -> datetime:
        wall = datetime.combine(day, time(self.hour, self.minute), tzinfo=zone)
        return wall.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Yearly:
    """Once per year of the shop's calendar; every year has the day."""

    month: int
    day: int
    hour: int
    minute: int

    def __post_init__(self) -> None:
        date(2001, self.month, self.day)  # 29 February is refused: most years would be left out

    def latest(self, at: datetime, zone: ZoneInfo) -> datetime:
        year = at.astimezone(zone).year
        slot = self.in_year(year, zone)
        return slot if slot <= at else self.in_year(year - 1, zone)

    def following(self, after: datetime, zone: ZoneInfo) -> datetime:
        year = after.astimezone(zone).year
        slot = self.in_year(year, zone)
        return slot if slot > after else self.in_year(year + 1, zone)

    def in_year(self, year: int, zone: ZoneInfo) -> datetime:
        return Daily(self.hour, self.minute).on(date(year, self.month, self.day), zone)


When = Every | Daily | Yearly


class CatchUp(Enum):
    """What becomes of days that were missed."""

    ONCE = "once"  # the job sweeps what is due: one run settles all of them
    EACH_DAY = "each_day"  # the job looks at one day: a run per day, the oldest first


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of the day in which a job may run, half-open, by the shop's clock."""

    starts: time
    ends: time

    def include(self, at: datetime, zone: ZoneInfo) -> bool:
        return self.starts <= at.astimezone(zone).time() < self.ends


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the schedule.

    `task` is the dotted path of what runs; `after` names jobs of the same night that come first;
    `hours` are the only ones in which it may run; `late_after` says how long after its time a
    job that has not run counts as late. A failed run is tried again `retries` times, `pause`
    apart; a job of intervals simply comes again.
    """

    name: str
    task: str
    when: When
    late_after: timedelta
    after: tuple[str, ...] = ()
    catch_up: CatchUp = CatchUp.ONCE
    hours: Hours | None = None
    retries: int = 2
    pause: timedelta = timedelta(minutes=15)
    by_hand: bool = True

    @property
    def code(self) -> str:
        """What its label and most of its runs are recorded under: `points.expire_lots`."""
        return self.task.replace(".tasks.", ".", 1)

    @property
    def is_interval(self) -> bool:
        return isinstance(self.when, Every)

    @property
    def interval(self) -> timedelta:
        """How often it runs."""
        if isinstance(self.when, Every):
            return self.when.interval
        return _DAY if isinstance(self.when, Daily) else 365 * _DAY


def missed(job: Job, *, settled_at: datetime, now: datetime, zone: ZoneInfo) -> list[datetime]:
    """The slots after `settled_at` that are due at `now` and need a run of their own, oldest
    first. Jobs that one run settles have at most one: the latest.
    """
    latest = job.when.latest(now, zone)
    if latest <= settled_at:
        return []
    if job.is_interval or job.catch_up is CatchUp.ONCE:
        return [latest]
    first = job.when.following(max(settled_at, latest - _MISSED_MAX), zone)
    return list(_slots(job.when, first, latest, zone))


def _slots(when: When, first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    while first <= last:
        yield first
        first = when.following(first, zone)


def may_run(job: Job, *, at: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock allows it; a message to people does not go out at night."""
    return job.hours is None or job.hours.include(at, zone)


def is_late(
    job: Job, *, settled_at: datetime, succeeded_at: datetime | None, now: datetime, zone: ZoneInfo
) -> bool:
    """Whether the job should have run by now. A run that failed, and was given up, is not one."""
    if job.is_interval:
        return now - (succeeded_at or settled_at) > job.late_after
    slot = job.when.latest(now - job.late_after, zone)
    return settled_at < slot


def check(jobs: Sequence[Job]) -> None:
    """Raises ValueError for two jobs of one name, an unknown predecessor, or a circle."""
    known = {job.name: job for job in jobs}
    if len(known) != len(jobs):
        raise ValueError("two jobs have the same name")
    for job in jobs:
        _walk(job, known, path=())


def _walk(job: Job, known: dict[str, Job], path: tuple[str, ...]) -> None:
    if job.name in path:
        raise ValueError(f"jobs wait for each other: {' → '.join((*path, job.name))}")
    for name in job.after:
        if name not in known:
            raise ValueError(f"{job.name} comes after {name}, which there is not")
        _walk(known[name], known, (*path, job.name))
