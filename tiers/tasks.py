"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from stores.services import jobs
from tiers.services import reevaluation


@shared_task
def reevaluate() -> None:
    """Decide every level whose period, grace or warning is due (nightly)."""
    now = timezone.now()
    with jobs.recorded(name="tiers.reevaluate", now=now) as run:
        report = reevaluation.run(
            now=now, progress=lambda done, total: run.progress(done=done, total=total)
        )
        run.result = report.as_json()
