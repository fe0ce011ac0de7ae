"""Clearings that a merchant orders: written, rehearsed, approved by somebody else, run, stopped.

Each step is one guarded change of the plan's state, so that two people or two workers who do the
same at once do it once.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from points.exceptions import (
    ClearingIsOwn,
    ClearingNotDue,
    ClearingScopeInvalid,
    ClearingStateWrong,
    ClearingTooSoon,
    RehearsalTooOld,
)
from points.models import ClearingPlan, ClearingRun
from points.selectors import clearings
from points.services.clearing import engine, rehearsals
from points.services.clearing.engine import Order, Progress
from points.signals import settings_changed

SILENCE = timedelta(minutes=2)
"""A plan at work that has been silent for so long belongs to a process that is gone."""

_TELL_SECONDS = 0.5
_STATES = ClearingPlan.State
_FIELDS = ("name", "policy", "earned_first_day", "earned_last_day", "last_day", "store")


def order(*, values: Mapping[str, Any], actor: str, at: datetime) -> ClearingPlan:
    """Write a clearing down as a draft. Raises `ClearingScopeInvalid`."""
    plan = ClearingPlan(created_by=actor, changed_by=actor, created_at=at)
    _set(plan, values)
    plan.save()
    return plan


def change(*, plan_id: int, values: Mapping[str, Any], actor: str) -> ClearingPlan:
    """Change what is to be cleared; the rehearsal is void, and who changed it cannot approve.

    Locks the plan. Raises `ClearingStateWrong` and `ClearingScopeInvalid`.
    """
    with transaction.atomic():
        plan = _locked(plan_id, *ClearingPlan.EDITABLE)
        _set(plan, values)
        plan.changed_by = actor
        plan.state = _STATES.DRAFT
        plan.rehearsal, plan.rehearsed_at = {}, None
        plan.save()
    return plan


def _set(plan: ClearingPlan, values: Mapping[str, Any]) -> None:
    for name in _FIELDS:
        if name in values:
            setattr(plan, name, values[name])
    if plan.policy == ClearingPlan.Policy.LAPSED:
        plan.earned_first_day = plan.earned_last_day = None
        return
    if plan.earned_last_day is None:
        raise ClearingScopeInvalid(field="earned_last_day")
    if plan.earned_first_day is not None and plan.earned_first_day > plan.earned_last_day:
        raise ClearingScopeInvalid(field="earned_first_day")
    if plan.last_day < plan.earned_last_day:
        # What is earned between the two would be promised and gone at once.
        raise ClearingScopeInvalid(field="last_day")


def request_rehearsal(*, plan_id: int, at: datetime) -> None:
    """Ask for the dry run; a job works it out. Raises `ClearingStateWrong`."""
    with transaction.atomic():
        plan = _locked(plan_id, *ClearingPlan.EDITABLE)
        plan.state, plan.heartbeat_at = _STATES.REHEARSING, None
        plan.save(update_fields=["state", "heartbeat_at"])


def approve(*, plan_id: int, actor: str, at: datetime) -> ClearingPlan:
    """Let the clearing happen at its time; from here on members are told of it.

    Locks the plan. Raises `ClearingStateWrong`, `ClearingIsOwn` for who ordered or changed it,
    `RehearsalTooOld`, and `ClearingTooSoon` where its day leaves no time for the notices.
    """
    settings = clearings.settings()
    with transaction.atomic():
        plan = _locked(plan_id, _STATES.REHEARSED)
        if actor in (plan.created_by, plan.changed_by):
            raise ClearingIsOwn
        if plan.rehearsed_at is None or at - plan.rehearsed_at > timedelta(
            days=settings.rehearsal_days
        ):
            raise RehearsalTooOld(days=settings.rehearsal_days)
        if plan.scope.basis == "earned" and settings.required:
            ahead = timedelta(days=max(settings.required))
            if plan.cutoff_at - at < ahead:
                raise ClearingTooSoon(
                    days=max(settings.required), day=timezone.localdate(at + ahead).isoformat()
                )
        plan.state, plan.approved_by, plan.approved_at = _STATES.APPROVED, actor, at
        plan.heartbeat_at = None
        plan.save(update_fields=["state", "approved_by", "approved_at", "heartbeat_at"])
        settings_changed.send(sender=ClearingPlan, at=at)
    return plan


def withdraw(*, plan_id: int, at: datetime) -> None:
    """Give a clearing up before it has taken anything. Raises `ClearingStateWrong`."""
    with transaction.atomic():
        plan = _locked(plan_id, *ClearingPlan.EDITABLE, _STATES.APPROVED)
        plan.state, plan.finished_at = _STATES.WITHDRAWN, at
        plan.save(update_fields=["state", "finished_at"])
        settings_changed.send(sender=ClearingPlan, at=at)


def stop(*, plan_id: int) -> None:
    """Stop a running clearing after the window it is at. Raises `ClearingStateWrong`."""
    with transaction.atomic():
        plan = _locked(plan_id, _STATES.RUNNING)
        plan.state = _STATES.STOPPED
        plan.save(update_fields=["state"])


def start(*, plan_id: int, at: datetime) -> None:
    """Let an approved clearing run now, or a stopped one go on; a job does the work.

    Raises `ClearingStateWrong`, and `ClearingNotDue` before its day has ended.
    """
    with transaction.atomic():
        plan = _locked(plan_id, _STATES.APPROVED, _STATES.STOPPED)
        if plan.cutoff_at > at:
            raise ClearingNotDue(day=plan.last_day.isoformat())
        plan.state, plan.heartbeat_at = _STATES.RUNNING, None
        plan.started_at = plan.started_at or at
        plan.save(update_fields=["state", "heartbeat_at", "started_at"])


def open_plans(*, now: datetime) -> list[int]:
    """Plans that a worker has something to do for: asked for, due, or left behind."""
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - SILENCE)
    at_work = Q(state__in=(_STATES.REHEARSING, _STATES.RUNNING, _STATES.UNDOING)) & silent
    # What counts through yesterday is due when today begins.
    is_due = Q(state=_STATES.APPROVED, last_day__lt=timezone.localdate(now))
    rows = ClearingPlan.objects.filter(at_work | is_due).order_by("last_day", "pk")
    return list(rows.values_list("pk", flat=True))


def work(*, plan_id: int, now: datetime, progress: Progress | None = None) -> ClearingPlan | None:
    """Rehearse or run the plan, whichever it waits for; None when another process has it."""
    plan = ClearingPlan.objects.get(pk=plan_id)
    if plan.state == _STATES.APPROVED and plan.cutoff_at <= now:
        start(plan_id=plan_id, at=now)
    if not claim(plan_id, now, _STATES.REHEARSING, _STATES.RUNNING):
        return None
    plan.refresh_from_db()
    beat = heartbeat(plan, now)
    if plan.state == _STATES.REHEARSING:
        _rehearse(plan, now, beat)
    else:
        _run(plan, now, beat, progress)
    return plan


def claim(plan_id: int, now: datetime, *states: str) -> bool:
    silent = Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - SILENCE)
    mine = ClearingPlan.objects.filter(silent, pk=plan_id, state__in=states)
    return bool(mine.update(heartbeat_at=now))


def heartbeat(plan: ClearingPlan, now: datetime) -> Callable[[], bool]:
    """A call for between the windows: says that we live, and whether the plan still shall go on.

    Time is measured, so that a job may be told any `now`.
    """
    clock = time.monotonic()
    state, told = plan.state, clock

    def beat() -> bool:
        nonlocal told
        tick = time.monotonic()
        if tick - told < _TELL_SECONDS:
            return True
        told = tick
        alive_at = now + timedelta(seconds=tick - clock)
        still = ClearingPlan.objects.filter(pk=plan.pk, state=state)
        return bool(still.update(heartbeat_at=alive_at))

    return beat


def _rehearse(plan: ClearingPlan, now: datetime, beat: Callable[[], bool]) -> None:
    found = rehearsals.compute(plan, at=now, goes_on=beat)
    if found is None:
        return
    ClearingPlan.objects.filter(pk=plan.pk, state=_STATES.REHEARSING).update(
        state=_STATES.REHEARSED, rehearsal=found, rehearsed_at=now, heartbeat_at=None
    )
    plan.refresh_from_db()


def _run(
    plan: ClearingPlan, now: datetime, beat: Callable[[], bool], progress: Progress | None
) -> None:
    settings = clearings.settings()
    run = ClearingRun.objects.create(
        plan=plan, cutoff_at=plan.cutoff_at, started_at=now, is_told=False
    )
    is_lapsed = plan.scope.basis == "lapsed"
    ordered = Order(
        run=run,
        scope=plan.scope,
        # What is ordered happens when it is done; what lapsed had lapsed before.
        at=plan.cutoff_at if is_lapsed else now,
        recorded_at=now,
        source="clearing",
        required=settings.required,
        late_days=settings.late_days,
        told={"type": "clearing", "plan": plan.pk, "name": plan.name},
    )
    is_whole = engine.book(ordered, progress=progress, goes_on=beat)
    run.finished_at = now
    run.save(update_fields=["finished_at"])
    if is_whole:
        ClearingPlan.objects.filter(pk=plan.pk, state=_STATES.RUNNING).update(
            state=_STATES.DONE, finished_at=now, heartbeat_at=None
        )
    plan.refresh_from_db()


def _locked(plan_id: int, *states: str) -> ClearingPlan:
    plan = ClearingPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state not in states:
        raise ClearingStateWrong(state=plan.get_state_display())
    return plan
