"""The ledger's jobs: each takes the clock and calls one service; the schedule is in `config`."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from points.models import ClearingRun, OpeningImport
from points.selectors import audit
from points.services import expiry, holds, maturity, reminders
from points.services.clearing import plans, telling, working
from points.services.openings import uploads
from stores.exceptions import Refusal
from stores.services import jobs


@shared_task
def expire_lots() -> None:
    """Book what lapsed by now (nightly; the points themselves lapsed at their instant)."""
    now = timezone.now()
    with jobs.recorded(name="points.expire_lots", now=now) as run:
        done = expiry.expire_nightly(
            now=now, progress=lambda accounts, points: run.progress(done=accounts)
        )
        if done is not None:
            run.result = {"accounts": done.accounts, "lots": done.lots, "points": done.points}


@shared_task
def tell_cleared() -> None:
    """Tell members what a booking has taken; a run's traces are its notices."""
    now = timezone.now()
    if not ClearingRun.objects.filter(is_told=False).exists():
        return
    with jobs.recorded(name="points.tell_cleared", now=now) as run:
        told = telling.tell_cleared(now=now)
        run.progress(done=told)
        run.result = {"members": told}


@shared_task
def remind_expiring() -> None:
    """Tell members which points end soon. Never at night, whenever it is started."""
    now = timezone.now()
    if not reminders.is_daytime(now):
        return
    with jobs.recorded(name="points.remind_expiring", now=now) as run:
        done = reminders.remind(now=now, progress=lambda members: run.progress(done=members))
        run.result = {"members": done.members, "points": done.points}


@shared_task
def work_clearing(plan_id: int) -> None:
    """Rehearse, run or undo one clearing; its progress and its end are in its row."""
    now = timezone.now()
    with jobs.recorded(name="points.work_clearing", now=now) as job:
        plan = working.work(
            plan_id=plan_id, now=now, progress=lambda accounts, points: job.progress(done=accounts)
        )
        job.result = {"clearing": plan_id, "state": plan.state if plan else "taken"}


@shared_task
def work_clearings() -> None:
    """Clearings that were asked for, whose day has ended, or whose worker is gone."""
    for plan_id in plans.open_plans(now=timezone.now()):
        work_clearing(plan_id)


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


@shared_task
def run_opening_import(run_id: int) -> None:
    """Work off an uploaded file of members; its progress and its end are in its row."""
    run = OpeningImport.objects.select_related("store").get(pk=run_id)
    if run.state not in OpeningImport.OPEN_STATES:
        return
    now = timezone.now()
    with jobs.recorded(name="points.run_opening_import", now=now) as job:
        try:
            uploads.work(run=run, now=now)
        except Refusal as refusal:
            # Said in the row already; an import that another worker continues is no failure.
            job.result = {"import": run_id, "refused": refusal.code}
            return
        job.result = {"import": run_id, "members": run.members_new, "lots": run.lots_new}


@shared_task
def resume_opening_imports() -> None:
    """Go on with imports of members whose worker is gone, or whose message was lost."""
    for run_id in uploads.stale(now=timezone.now()):
        run_opening_import(run_id)


@shared_task
def forget_opening_uploads() -> None:
    """Delete uploaded files of members whose time is over; they carry phone numbers."""
    now = timezone.now()
    with jobs.recorded(name="points.forget_opening_uploads", now=now) as run:
        deleted = uploads.forget(
            before=now - timedelta(days=settings.UPLOADED_RECEIPTS_KEPT_DAYS),
            progress=lambda files: run.progress(done=files),
        )
        run.result = {"files": deleted}
