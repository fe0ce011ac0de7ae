"""The jobs of the schedule as staff and monitors see them: where each stands, and what is late.

The schedule itself is made at the top, where every app is known; it is registered here when the
program starts. Job, state and clock together say everything, so nothing else is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stores.models import JobRun, JobState
from stores.policies import schedules
from stores.policies.schedules import Daily, Every, Job
from stores.selectors import labels

# A worker says every few seconds that it lives; after this silence another takes its job over.
SILENCE = timedelta(seconds=30)

_jobs: dict[str, Job] = {}


def register(jobs: Sequence[Job]) -> None:
    """Take the schedule. Raises ValueError for one that cannot be followed."""
    schedules.check(jobs)
    _jobs.clear()
    _jobs.update((job.name, job) for job in jobs)


def registered() -> Mapping[str, Job]:
    """Every job of the schedule by its name, in the order of the schedule."""
    return _jobs


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Line:
    """One job at `now`. `state` is None until a worker has seen the job for the first time."""

    job: Job
    state: JobState | None
    run: JobRun | None
    now: datetime

    @property
    def label(self) -> str:
        return labels.job(self.job.code)

    @property
    def when(self) -> str:
        return in_words(self.job)

    @property
    def is_running(self) -> bool:
        return self.state is not None and self.state.state == JobState.State.RUNNING

    @property
    def is_silent(self) -> bool:
        """It was running when its process went away; the next sweep takes it over."""
        return (
            self.is_running
            and self.state is not None
            and self.state.heartbeat_at is not None
            and self.now - self.state.heartbeat_at > SILENCE
        )

    @property
    def is_late(self) -> bool:
        if self.state is None:
            return True
        return schedules.is_late(
            self.job,
            settled_at=self.state.settled_at,
            succeeded_at=self.state.succeeded_at,
            now=self.now,
            zone=zone(),
        )

    @property
    def is_failed(self) -> bool:
        """The last run failed and none has done well since."""
        return self.state is not None and bool(self.state.error) and not self.is_running

    @property
    def is_asked_for(self) -> bool:
        return self.state is not None and self.state.asked_at is not None

    @property
    def due_at(self) -> datetime:
        return self.job.when.following(self.now, zone())

    @property
    def took(self) -> timedelta | None:
        """How long the last run took, or the present one has taken so far."""
        if self.state is None or self.state.started_at is None:
            return None
        ended = self.state.heartbeat_at if self.is_running else self.state.finished_at
        return (ended or self.state.started_at) - self.state.started_at

    @property
    def percent(self) -> int | None:
        return self.run.percent if self.is_running and self.run is not None else None


def overview(now: datetime) -> list[Line]:
    """Every job of the schedule, in its order. One query."""
    states = {
        state.name: state
        for state in JobState.objects.filter(name__in=list(_jobs)).select_related("run")
    }
    return [_line(job, states.get(job.name), now) for job in _jobs.values()]


def _line(job: Job, state: JobState | None, now: datetime) -> Line:
    return Line(job=job, state=state, run=state.run if state is not None else None, now=now)


def in_words(job: Job) -> str:
    """`every 10 minutes`, `daily at 00:10`, `every year on 31 December at 23:59`."""
    when = job.when
    if isinstance(when, Every):
        return _every(int(when.interval.total_seconds()))
    clock = f"{when.hour:02}:{when.minute:02}"
    if isinstance(when, Daily):
        return _("daily at %(clock)s") % {"clock": clock}
    return _("every year on %(month)s-%(day)s at %(clock)s") % {
        "month": f"{when.month:02}",
        "day": f"{when.day:02}",
        "clock": clock,
    }


def _every(seconds: int) -> str:
    if seconds % 60:
        return ngettext("every %(count)s second", "every %(count)s seconds", seconds) % {
            "count": seconds
        }
    minutes = seconds // 60
    return ngettext("every %(count)s minute", "every %(count)s minutes", minutes) % {
        "count": minutes
    }
