"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from members.services import codes, erasure, merging, relations, retention
from stores.services import jobs


@shared_task
def forget_codes() -> None:
    now = timezone.now()
    with jobs.recorded(name="members.forget_codes", now=now) as run:
        deleted = codes.forget_codes(now=now)
        run.progress(done=deleted)
        run.result = {"deleted": deleted}


@shared_task
def forget_invitations() -> None:
    now = timezone.now()
    with jobs.recorded(name="members.forget_invitations", now=now) as run:
        deleted = relations.forget_invitations(now=now)
        run.progress(done=deleted)
        run.result = {"deleted": deleted}


@shared_task
def tidy_merges() -> None:
    """Often nothing was merged lately: then no run is recorded."""
    now = timezone.now()
    if not merging.are_recent(now=now):
        return
    with jobs.recorded(name="members.tidy_merges", now=now) as run:
        done = merging.tidy(now=now)
        run.progress(done=done)
        run.result = {"members": done}


@shared_task
def tidy_erasures() -> None:
    """Often nobody was erased lately: then no run is recorded."""
    now = timezone.now()
    if not erasure.are_recent(now=now):
        return
    with jobs.recorded(name="members.tidy_erasures", now=now) as run:
        done = erasure.tidy(now=now)
        run.progress(done=done)
        run.result = {"members": done}


@shared_task
def forget_personal_data() -> None:
    """Delete what names people and whose time is over (docs/privacy.md)."""
    now = timezone.now()
    with jobs.recorded(name="members.forget_personal_data", now=now) as run:
        run.result = dict(retention.run(now=now, progress=lambda done: run.progress(done=done)))
