"""Points from one member to another, with their expiry (F71–F73, I12).

Who may give to whom, and how much a month, is decided above the ledger; this conserves points.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from points.exceptions import TransferNotAllowed
from points.policies import fingerprint
from points.services import checks, operations
from points.services.book import Book
from points.services.operations import Note
from points.services.rows import Posting, posting


def transfer(
    *,
    from_member_id: int,
    to_member_id: int,
    points: int,
    reference: str,
    actor: str,
    at: datetime,
    source: str = "transfer",
    explanation: dict[str, Any] | None = None,
    recorded_at: datetime | None = None,
) -> tuple[Posting, Posting]:
    """Move `points`, soonest expiry first; the receiver's lots keep the giver's expiry.

    Both accounts are locked in the order of their ids, so opposite gifts cannot deadlock. Raises
    `InsufficientPoints`, `AccountFrozen` (either side), `TransferNotAllowed` to oneself,
    `ReferenceConflict`. Returns the giver's and the receiver's posting.
    """
    checks.points(points)
    checks.note(reference=reference, source=source, actor=actor)
    if from_member_id == to_member_id:
        raise TransferNotAllowed(field="to")
    note = Note(
        reference=reference,
        fingerprint=fingerprint("transfer", points, from_member_id, to_member_id),
        source=source,
        actor=actor,
        at=at,
        explanation=explanation or {},
    )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at or at, expected=2)
        book.lock_members([from_member_id, to_member_id])
        giver, receiver = book.member(from_member_id), book.member(to_member_id)
        first = book.replay(giver, reference, note.fingerprint)
        second = book.replay(receiver, reference, note.fingerprint)
        if first and second:
            return first, second
        out, into = operations.transfer(book, giver, receiver, note, points=points)
        book.flush()
    return posting(out), posting(into)
