"""The stores' jobs: each takes the clock and calls one service; the schedule is in `config`."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from stores.services import jobs

KEPT = timedelta(days=90)


@shared_task
def forget_job_runs() -> None:
    """Clear away what jobs did a quarter of a year ago."""
    now = timezone.now()
    with jobs.recorded(name="stores.forget_job_runs", now=now) as run:
        forgotten = jobs.forget(before=now - KEPT)
        run.progress(done=forgotten)
        run.result = {"rows": forgotten}
