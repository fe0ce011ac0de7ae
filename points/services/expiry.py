"""Booking of lots whose day has passed (F67), every night and for one member."""

from datetime import datetime

from points.models import ClearingRun
from points.models.clearing import ClearingSettings
from points.policies import fingerprint
from points.policies.clearing import Scope
from points.selectors import clearings
from points.services import operations, rows
from points.services.book import Book
from points.services.clearing import engine
from points.services.clearing.engine import Order, Progress
from points.services.operations import Note

_DUE = "state = 'open' AND expires_at <= %s AND held = 0"
"""A lot that a hold still reserves waits for the hold; so each lot's expiry is booked once."""


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


def expire_nightly(*, now: datetime, progress: Progress | None = None) -> ClearingRun:
    """What the job does: as `expire_due`, the way the merchant's settings say."""
    settings = clearings.settings()
    is_careful = settings.nightly == ClearingSettings.Nightly.TOLD
    return expire_due(
        cutoff_at=now,
        recorded_at=now,
        progress=progress,
        tells=True,
        required=settings.required if is_careful else (),
        late_days=settings.late_days,
    )


def expire_member(*, member_id: int, reference: str, at: datetime) -> None:
    """Book what has lapsed of one member's lots by `at`; nothing when nothing has.

    Locks the account, within the caller's transaction.
    """
    book = Book(recorded_at=at)
    account = book.locked(member_id)
    book.cursor.execute(
        f"SELECT SUM(remaining) FROM points_lot WHERE {_DUE} AND account_id = %s",  # noqa: S608 - constants
        [rows.stamp(at), account.id],
    )
    points = int(book.cursor.fetchone()[0] or 0)
    if not points:
        return
    note = Note(
        reference=reference,
        fingerprint=fingerprint(reference),
        source="expiry",
        actor="system",
        at=at,
    )
    entry = operations.expire(book, account, note, points=points)
    book.flush()
    lots = book.load_lots(f"{_DUE} AND account_id = %s", [rows.stamp(at), account.id])
    engine.close_lots(book.cursor, [(entry.id, lot.id) for lot in lots])
