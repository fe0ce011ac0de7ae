"""The sales' jobs: each takes the clock and calls one service; the schedule is in `config`."""

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from sales.models import ImportRun
from sales.services import payments, repairs, uploads, waiting
from stores.exceptions import Refusal
from stores.services import jobs

logger = logging.getLogger(__name__)


@shared_task
def run_import(run_id: int) -> None:
    """Work off an uploaded file; its progress and its end are in its row."""
    run = ImportRun.objects.select_related("store").get(pk=run_id)
    if run.state not in ImportRun.OPEN_STATES:
        return
    now = timezone.now()
    with jobs.recorded(name="sales.run_import", now=now) as job:
        try:
            uploads.work(run=run, now=now)
        except Refusal as refusal:
            # Said in the row already; an import that another worker continues is no failure.
            job.result = {"import": run_id, "refused": refusal.code}
            return
        job.result = {"import": run_id, "receipts": run.receipts_new}


@shared_task
def resume_imports() -> None:
    """Go on with imports whose worker is gone, or whose message was lost."""
    for run_id in uploads.stale(now=timezone.now()):
        run_import(run_id)


@shared_task
def settle_waiting_returns() -> None:
    """Settle returns whose sale came at the very same moment, unseen by each other."""
    now = timezone.now()
    with jobs.recorded(name="sales.settle_waiting_returns", now=now) as run:
        run.result = {"returns": waiting.settle_due(actor="settle_waiting_returns", now=now)}


@shared_task
def forget_uploads() -> None:
    """Delete uploaded files whose time is over; they carry phone numbers."""
    now = timezone.now()
    with jobs.recorded(name="sales.forget_uploads", now=now) as run:
        deleted = uploads.forget(
            before=now - timedelta(days=settings.UPLOADED_RECEIPTS_KEPT_DAYS),
            progress=lambda files: run.progress(done=files),
        )
        run.result = {"files": deleted}


@shared_task
def repair_faults() -> None:
    """Judge purchases and events again that had met a broken rule."""
    if not repairs.are_open():
        return
    now = timezone.now()
    with jobs.recorded(name="sales.repair_faults", now=now) as run:
        looked_at = repaired = points = 0
        after: int | None = 0
        while after is not None:
            done, after = repairs.repair_open(now=timezone.now(), after=after)
            looked_at += done.looked_at
            repaired += done.repaired
            points += done.points
            run.progress(done=looked_at)
        run.result = {"looked_at": looked_at, "repaired": repaired, "points": points}


@shared_task
def time_out_checkouts() -> None:
    """Close checkouts that nobody finished; what they held is free since their time was over."""
    if not payments.are_due(now=timezone.now()):
        return
    now = timezone.now()
    with jobs.recorded(name="sales.time_out_checkouts", now=now) as run:
        done = payments.time_out_due(now=now)
        run.progress(done=done)
        run.result = {"checkouts": done}
