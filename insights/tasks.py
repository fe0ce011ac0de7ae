"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from insights.services import backtests
from stores.services import jobs


@shared_task
def run_backtest(run_id: int) -> None:
    """Work off a back-test; its progress and its end are in its own row too."""
    now = timezone.now()
    with jobs.recorded(name="insights.run_backtest", now=now) as job:
        run = backtests.work(
            run_id=run_id,
            now=now,
            progress=lambda done, total: job.progress(done=done, total=total),
        )
        job.result = {"backtest": run_id, "taken": run is not None}


@shared_task
def resume_backtests() -> None:
    """Start back-tests whose message was lost, and those whose worker is gone."""
    for run_id in backtests.open_runs(now=timezone.now()):
        run_backtest(run_id)
