"""The record of a job's run: visible while it works, kept when it ends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from stores.models import JobRun, JobState

# A run that has given no sign of life for this long belongs to a process that is gone.
SILENCE = timedelta(minutes=15)
# Progress is written at most this often: a job of a million windows is not slowed by telling.
HEARTBEAT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a job runs: the slot that it settles, who asked for it, and under which claim."""

    name: str
    token: str
    slot: datetime | None
    actor: str


# Set while the schedule runs a job, so that the runs recorded meanwhile say what they are for.
OCCASION: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


class Run:
    """A run under way. Set `result` to what the admin should show of the outcome."""

    def __init__(self, *, row: JobRun) -> None:
        self.row = row
        self.result: dict[str, Any] = {}
        self._clock = time.monotonic()
        self._told: float | None = None

    @property
    def elapsed(self) -> timedelta:
        """Time worked so far; measured, so that a job may be told any `now`."""
        return timedelta(seconds=time.monotonic() - self._clock)

    def progress(self, *, done: int, total: int | None = None) -> None:
        """Tell how far the job is. Cheap: written at most once a second.

        Call it between the job's transactions; inside of one it is seen only at its commit.
        """
        self.row.done, self.row.total = done, total
        tick = time.monotonic()
        if self._told is not None and tick - self._told < HEARTBEAT_SECONDS:
            return
        self._told = tick
        self._save("done", "total")

    def finish(self, *, state: JobRun.State, error: str = "") -> None:
        self.row.state = state
        self.row.error = error
        self.row.detail = self.result
        self.row.finished_at = self.row.started_at + self.elapsed
        self._save("state", "error", "detail", "finished_at", "done", "total")

    def _save(self, *fields: str) -> None:
        self.row.heartbeat_at = self.row.started_at + self.elapsed
        self.row.save(update_fields=[*fields, "heartbeat_at"])


@contextmanager
def recorded(*, name: str, now: datetime) -> Iterator[Run]:
    """Record one run of job `name`, started at `now`.

    The row is there while the job works and ends as done, or as failed with the error, which
    is raised on. Earlier runs of the same name that fell silent are marked as interrupted.
    """
    JobRun.objects.filter(
        name=name, state=JobRun.State.RUNNING, heartbeat_at__lt=now - SILENCE
    ).update(state=JobRun.State.INTERRUPTED)
    run = Run(row=_begin(name, now))
    try:
        yield run
    except BaseException as error:
        # In a caller's broken transaction nothing can be written; the row goes with it.
        if not (connection.in_atomic_block and connection.needs_rollback):
            run.finish(state=JobRun.State.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
    run.finish(state=JobRun.State.DONE)


def _begin(name: str, now: datetime) -> JobRun:
    occasion = OCCASION.get()
    row = JobRun(name=name, started_at=now, heartbeat_at=now)
    if occasion is not None:
        row.slot_at, row.actor = occasion.slot, occasion.actor
    row.save(force_insert=True)
    if occasion is not None:
        JobState.objects.filter(name=occasion.name, token=occasion.token).update(run=row)
    return row


def forget(*, before: datetime) -> int:
    """Delete the rows of runs that began before this instant; returns how many.

    A job of every minute leaves half a million rows a year. What it did is in the books.
    """
    deleted, _by_model = JobRun.objects.filter(started_at__lt=before).delete()
    return deleted
