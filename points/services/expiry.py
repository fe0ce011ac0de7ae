"""Booking of lots whose day has passed (F67): what the job of every night does."""

from datetime import datetime

from points.models import ClearingRun
from points.models.clearing import ClearingSettings
from points.policies.clearing import Scope
from points.selectors import clearings
from points.services.clearing import engine
from points.services.clearing.engine import Order, Progress


def expire_due(
    *,
    cutoff_at: datetime,
    recorded_at: datetime,
    progress: Progress | None = None,
    tells: bool = False,
    required: tuple[int, ...] = (),
    late_days: int = 0,
) -> ClearingRun:
    """Book every lot that had lapsed at `cutoff_at`: one entry per account.

    How, says `clearing.engine.book`. With `required`, members without those notices are passed
    over and listed. With `tells`, those who lost points are told afterwards.
    """
    run = ClearingRun.objects.create(cutoff_at=cutoff_at, started_at=recorded_at, is_told=not tells)
    order = Order(
        run=run,
        scope=Scope(basis="lapsed", cutoff_at=cutoff_at),
        at=cutoff_at,
        recorded_at=recorded_at,
        required=required,
        late_days=late_days,
    )
    engine.book(order, progress=progress)
    run.finished_at = recorded_at
    run.save(update_fields=["finished_at"])
    return run


def expire_nightly(*, now: datetime, progress: Progress | None = None) -> ClearingRun | None:
    """What the job does: as `expire_due`, the way the merchant's settings say; None for nothing."""
    settings = clearings.settings()
    if settings.nightly == ClearingSettings.Nightly.NONE:
        return None
    is_careful = settings.nightly == ClearingSettings.Nightly.TOLD
    return expire_due(
        cutoff_at=now,
        recorded_at=now,
        progress=progress,
        tells=True,
        required=settings.required if is_careful else (),
        late_days=settings.late_days,
    )
