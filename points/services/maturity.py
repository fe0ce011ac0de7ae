"""Crediting of pending points whose day has come (F31, F32)."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from points.policies import fingerprint
from points.services import operations, rows
from points.services.book import WINDOW, Book
from points.services.operations import Note

_DUE = "l.state = 'pending' AND l.usable_at <= %s AND a.status = 'active'"


def release_pending(
    *, now: datetime, progress: Callable[[int, int], None] | None = None
) -> tuple[int, int]:
    """Credit every pending lot that is due, except on frozen accounts. Returns lots and points.

    One entry per lot, in windows of lots, each its own transaction; safe to run twice at once.
    """
    lots = points = 0
    while window := _due(now):
        with transaction.atomic():
            done, credited = _credit(window, now)
        lots, points = lots + done, points + credited
        if progress:
            progress(lots, points)
    return lots, points


def _due(now: datetime) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.account_id, l.id FROM points_lot l "  # noqa: S608 - constants
            f"JOIN points_account a ON a.id = l.account_id WHERE {_DUE} "
            "ORDER BY l.usable_at, l.account_id LIMIT %s",
            [rows.stamp(now), WINDOW],
        )
        return [(account, lot) for account, lot in cursor.fetchall()]


def _credit(window: list[tuple[int, int]], now: datetime) -> tuple[int, int]:
    book = Book(recorded_at=now, expected=len(window))
    book.lock_accounts(account for account, _ in window)
    lots = points = 0
    ids = [lot for _, lot in window]
    # Read again under the lock: another worker may have been quicker, or the account frozen.
    among, parameters = rows.any_of(ids)
    for lot in book.load_lots(f"id {among} AND state = 'pending' ORDER BY id", parameters):
        account = book.accounts[lot.account_id]
        if account.status != "active":
            continue
        points += lot.remaining
        lots += 1
        reference = f"mature:{lot.id}"
        note = Note(
            reference=reference,
            fingerprint=fingerprint(reference),
            source="maturity",
            actor="system",
            at=max(now, lot.usable_at),
            store_id=lot.store_id,
        )
        operations.mature(book, account, note, lot)
    book.flush()
    return lots, points
