"""Celery's way in: take the clock, call one service."""

from celery import shared_task
from django.utils import timezone

from insights.services import backtests, liability, rfm, segments
from members.models import Member, Segment
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


@shared_task
def compute_segments() -> None:
    """Every night: the RFM groups, then the built segments, which may ask for them."""
    now = timezone.now()
    with jobs.recorded(name="insights.compute_rfm", now=now) as job:
        total = Member.objects.order_by("-pk").values_list("pk", flat=True).first()
        run = rfm.run_nightly(now=now, progress=lambda done: job.progress(done=done, total=total))
        job.result = {
            "as_of": run.as_of.isoformat(),
            "members": run.members,
            "changed": run.changed,
            "moved": run.moved,
        }
    with jobs.recorded(name="insights.refresh_segments", now=now) as job:
        job.result = segments.refresh_all(at=now, progress=lambda done: job.progress(done=done))


@shared_task
def refresh_waiting_segments() -> None:
    """Work out segments whose conditions were changed; a lost message loses nothing."""
    now = timezone.now()
    if not Segment.objects.waiting().exists():
        return
    with jobs.recorded(name="insights.refresh_segments", now=now) as job:
        job.result = segments.refresh_waiting(at=now, progress=lambda done: job.progress(done=done))


@shared_task
def record_liability() -> None:
    """Keep the liability at the ends of months that are over; nothing is recorded on other days."""
    now = timezone.now()
    with jobs.recorded(name="insights.record_liability", now=now) as job:
        days = liability.record_months(now=now)
        job.progress(done=len(days))
        job.result = {"days": [day.isoformat() for day in days]}
