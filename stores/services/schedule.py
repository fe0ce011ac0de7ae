"""Running the jobs of the schedule: once per occasion, in order, whoever asks and how often.

Rows are the truth. Clocks and people only say "look now"; `claim` decides by one conditional
UPDATE who runs what, on either database, and a lost message costs nothing, since `due` finds the
same occasions again.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, connections
from django.db.models import Q

from stores.models import JobRun, JobState
from stores.policies import schedules
from stores.policies.schedules import Job
from stores.selectors import jobs as schedule
from stores.selectors.jobs import SILENCE
from stores.services.jobs import OCCASION, Occasion

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
# A job does not wait for ever for one of the same night that hangs.
PATIENCE = timedelta(hours=6)
# Jobs that come less often than this are looked after when their message got lost.
_OFTEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run `job` now; `slot` is None for a run that only a person asked for."""

    job: Job
    slot: datetime | None
    actor: str
    token: str
    started_at: datetime
    tries: int
    _clock: float = field(default_factory=time.monotonic)

    @property
    def now(self) -> datetime:
        """The claim's own clock, so that a job may be told any `now`."""
        return self.started_at + timedelta(seconds=time.monotonic() - self._clock)


def ensure(*, now: datetime) -> None:
    """Give every job of the schedule its row. A job that is new has nothing to catch up on."""
    known = set(JobState.objects.values_list("name", flat=True))
    JobState.objects.bulk_create(
        [
            JobState(name=job.name, settled_at=_start_of(job, now))
            for job in schedule.registered().values()
            if job.name not in known
        ],
        ignore_conflicts=True,
    )


def _start_of(job: Job, now: datetime) -> datetime:
    latest = job.when.latest(now, schedule.zone())
    return latest - timedelta(seconds=1) if job.is_interval else latest


def ask(*, name: str, actor: str, now: datetime) -> bool:
    """Ask for a run by hand; the next sweep starts it. False when one is already asked for."""
    ensure(now=now)
    waiting = JobState.objects.filter(name=name, asked_at__isnull=True)
    return waiting.update(asked_at=now, asked_by=actor[:150]) == 1


def asked(*, now: datetime) -> list[str]:
    """Jobs that people asked for and whose turn it is, the longest waiting first."""
    waiting = JobState.objects.exclude(asked_at=None).order_by("asked_at")
    known = schedule.registered()
    return [
        state.name
        for state in waiting
        if state.name in known and _next(known[state.name], state, {}, now) is not None
    ]


def due(*, now: datetime) -> list[tuple[datetime, Job]]:
    """What a daily or yearly job has missed, oldest occasion first, each job with its first only.

    Empty while such a job is at work: what was missed is made up for in order, one by one.
    """
    states = {state.name: state for state in JobState.objects.all()}
    found = []
    for job in schedule.registered().values():
        state = states.get(job.name)
        if job.is_interval or state is None:
            continue
        if _is_alive(state, now):
            return []
        turn = _next(job, state, states, now)
        if turn is not None and turn.slot is not None:
            found.append((turn.slot, job))
    return sorted(found, key=lambda pair: pair[0])


def overdue(*, now: datetime) -> list[Job]:
    """Jobs of intervals whose occasion nobody has taken though it is a while ago: the clock was
    restarted, or its message got lost. Those of every few seconds soon get another message.
    """
    states = {state.name: state for state in JobState.objects.all()}
    found = []
    for job in schedule.registered().values():
        state = states.get(job.name)
        if state is None or not job.is_interval or job.interval < _OFTEN:
            continue
        turn = _next(job, state, states, now)
        if turn is not None and turn.slot is not None and now - turn.slot >= SILENCE:
            found.append(job)
    return found


def claim(*, job: Job, now: datetime) -> Claim | None:
    """Take the job's next occasion, or what a person asked for; None when there is nothing to do,
    it is at work elsewhere, or its turn has not come.

    However many callers at once: one gets it. A claim whose holder fell silent is taken over, and
    the run that it left behind is marked as interrupted.
    """
    names = [job.name, *job.after]
    states = {state.name: state for state in JobState.objects.filter(name__in=names)}
    if job.name not in states:
        ensure(now=now)
        states = {state.name: state for state in JobState.objects.filter(name__in=names)}
    state = states[job.name]
    turn = _next(job, state, states, now)
    return _take(job, state, turn, now) if turn is not None else None


@dataclass(frozen=True, slots=True)
class _Turn:
    slot: datetime | None
    actor: str


def _next(job: Job, state: JobState, states: dict[str, JobState], now: datetime) -> _Turn | None:
    """What the job would run for at `now`."""
    zone = schedule.zone()
    if _is_alive(state, now) or not schedules.may_run(job, at=now, zone=zone):
        return None
    slots = schedules.missed(job, settled_at=state.settled_at, now=now, zone=zone)
    slot = slots[0] if slots else None
    if state.asked_at is not None:
        return _Turn(slot, state.asked_by)
    if slot is None or (state.try_after is not None and now < state.try_after):
        return None
    return _Turn(slot, "") if _is_ready(job, slot, states, now) else None


def _is_alive(state: JobState, now: datetime) -> bool:
    return (
        state.state == JobState.State.RUNNING
        and state.heartbeat_at is not None
        and state.heartbeat_at >= now - SILENCE
    )


def _is_ready(job: Job, slot: datetime, states: dict[str, JobState], now: datetime) -> bool:
    """Whether what comes first in the night is over: done, or given up."""
    if now - slot > PATIENCE:
        return True
    for name in job.after:
        first = schedule.registered()[name]
        reached = first.when.latest(slot, schedule.zone())
        if name in states and states[name].settled_at < reached:
            return False
    return True


def _take(job: Job, state: JobState, turn: _Turn, now: datetime) -> Claim | None:
    token = uuid.uuid4().hex
    free = ~Q(state=JobState.State.RUNNING) | Q(heartbeat_at__lt=now - SILENCE)
    # The token changes with every claim: who has looked at an older one comes too late.
    taken = JobState.objects.filter(free, pk=state.pk, token=state.token).update(
        state=JobState.State.RUNNING,
        token=token,
        slot_at=turn.slot,
        started_at=now,
        heartbeat_at=now,
        finished_at=None,
        actor=turn.actor,
        asked_at=None,
        asked_by="",
        run=None,
    )
    if not taken:
        return None
    if state.state == JobState.State.RUNNING and state.run_id is not None:
        JobRun.objects.filter(pk=state.run_id, state=JobRun.State.RUNNING).update(
            state=JobRun.State.INTERRUPTED
        )
    return Claim(job, turn.slot, turn.actor, token, now, state.tries)


def run(*, claim: Claim, work: Callable[[], None]) -> bool:
    """Do the claimed work and settle its slot; returns whether it went well.

    A failure is told in the row and in the log, and tried again later as the job declares.
    """
    with _occasion(claim), _heartbeat(claim):
        try:
            work()
        except Exception as error:
            logger.exception("job %s failed", claim.job.name)
            _fail(claim, f"{type(error).__name__}: {error}"[:2000])
            return False
    _succeed(claim)
    return True


def _succeed(claim: Claim) -> None:
    _settle(
        claim,
        state=JobState.State.DONE,
        succeeded_at=claim.started_at,
        tries=0,
        try_after=None,
        error="",
        **_settled(claim),
    )


def _fail(claim: Claim, error: str) -> None:
    tries = claim.tries + 1
    # Who asked by hand sees the failure and asks again.
    given_up = claim.slot is None or claim.job.is_interval or tries > claim.job.retries
    _settle(
        claim,
        state=JobState.State.FAILED,
        error=error,
        tries=0 if given_up else tries,
        try_after=None if given_up else claim.now + claim.job.pause,
        **(_settled(claim) if given_up else {}),
    )


def _settled(claim: Claim) -> dict[str, datetime]:
    return {} if claim.slot is None else {"settled_at": claim.slot}


def _settle(claim: Claim, **values: object) -> None:
    # Nothing when another has taken over meanwhile: then the row is its to write.
    JobState.objects.filter(name=claim.job.name, token=claim.token).update(
        finished_at=claim.now, heartbeat_at=claim.now, **values
    )


@contextmanager
def _occasion(claim: Claim) -> Iterator[None]:
    occasion = Occasion(claim.job.name, claim.token, claim.slot, claim.actor)
    before = OCCASION.set(occasion)
    try:
        yield
    finally:
        OCCASION.reset(before)


@contextmanager
def _heartbeat(claim: Claim) -> Iterator[None]:
    """Say every few seconds that the run lives, from a thread: the work itself may be one long
    statement. The thread ends with the work, and with the process when that is killed.
    """
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(claim, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(claim: Claim, over: threading.Event) -> None:
    try:
        while not over.wait(BEAT_SECONDS):
            try:
                JobState.objects.filter(name=claim.job.name, token=claim.token).update(
                    heartbeat_at=claim.now
                )
            except DatabaseError:
                logger.warning("job %s could not say that it lives", claim.job.name)
                connections.close_all()
    finally:
        connections.close_all()
