"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from members.services import codes
from stores.services import jobs


@shared_task
def forget_codes() -> None:
    now = timezone.now()
    with jobs.recorded(name="members.forget_codes", now=now) as run:
        deleted = codes.forget_codes(now=now)
        run.progress(done=deleted)
        run.result = {"deleted": deleted}
