"""The ledger's jobs: each takes the clock and calls one service; the schedule is in `config`."""

from celery import shared_task
from django.utils import timezone

from points.selectors import audit
from points.services import expiry, holds, maturity
from stores.services import jobs


@shared_task
def expire_lots() -> None:
    """Book what lapsed by now (nightly; the points themselves lapsed at their instant)."""
    now = timezone.now()
    with jobs.recorded(name="points.expire_lots", now=now) as run:
        done = expiry.expire_due(
            cutoff_at=now,
            recorded_at=now,
            progress=lambda accounts, points: run.progress(done=accounts),
        )
        run.result = {"accounts": done.accounts, "lots": done.lots, "points": done.points}


@shared_task
def release_pending() -> None:
    """Credit pending points whose day has come."""
    now = timezone.now()
    with jobs.recorded(name="points.release_pending", now=now) as run:
        lots, points = maturity.release_pending(
            now=now, progress=lambda lots, points: run.progress(done=lots)
        )
        run.result = {"lots": lots, "points": points}


@shared_task
def release_stale_holds() -> None:
    """Give back holds whose checkout was never finished."""
    now = timezone.now()
    with jobs.recorded(name="points.release_stale_holds", now=now) as run:
        released = holds.release_stale(now=now)
        run.progress(done=released)
        run.result = {"holds": released}


@shared_task
def verify_ledger() -> None:
    """Audit the whole ledger; a breach fails the run, so that the admin shows it in red."""
    now = timezone.now()
    with jobs.recorded(name="points.verify_ledger", now=now) as run:
        report = audit.run(progress=lambda done, total: run.progress(done=done, total=total))
        run.result = report.as_json()
        if not report.is_clean:
            raise audit.LedgerBreach(report)
