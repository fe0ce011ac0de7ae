"""What has lapsed of one member's lots, booked on the way of something else."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from points.policies import fingerprint
from points.services import operations, rows
from points.services.book import Book
from points.services.operations import Note

_DUE = "state = 'open' AND expires_at <= %s AND held = 0"
"""A lot that a hold still reserves waits for the hold; so each lot's expiry is booked once."""


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
    close_lots(book.cursor, [(entry.id, lot.id) for lot in lots])


def close_lots(cursor: Any, pairs: Sequence[tuple[int, int]]) -> None:
    """Set (entry, lot): what remained of these lots has expired by these entries."""
    if not pairs:
        return
    if rows.is_postgresql():
        cursor.execute(
            "UPDATE points_lot l SET expired = l.remaining, remaining = 0, state = 'closed', "
            "expired_by_id = v.entry FROM unnest(%s::bigint[], %s::bigint[]) AS v(entry, lot) "
            "WHERE l.id = v.lot",
            [[entry for entry, _lot in pairs], [lot for _entry, lot in pairs]],
        )
        return
    cursor.executemany(
        "UPDATE points_lot SET expired = remaining, remaining = 0, state = 'closed', "
        "expired_by_id = %s WHERE id = %s",
        pairs,
    )
