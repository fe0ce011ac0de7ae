"""Opening, freezing and thawing point accounts."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from points.exceptions import ReasonRequired
from points.policies import fingerprint
from points.services import checks, operations
from points.services.book import Book
from points.services.operations import Note
from points.services.rows import Posting, posting


def open_accounts(member_ids: Iterable[int], *, at: datetime, unit: str = "points") -> None:
    """Open the accounts of members that have none yet; safe to repeat."""
    with transaction.atomic():
        Book(recorded_at=at, unit=unit).lock_members(member_ids)


def lock(member_ids: Iterable[int], *, at: datetime, unit: str = "points") -> None:
    """Lock these members' accounts in the order of their ids until the caller's transaction ends.

    Opens those that are missing. For services that count something before they write.
    """
    Book(recorded_at=at, unit=unit).lock_members(member_ids)


def freeze(*, member_id: int, reason: str, reference: str, actor: str, at: datetime) -> Posting:
    """Stop debits, gifts and draws of the account (F77); earnings stay pending meanwhile.

    The reason is shown to the member. Locks the account. A frozen account stays frozen.
    """
    return _set_status(member_id, True, reason, reference, actor, at)


def unfreeze(*, member_id: int, reason: str, reference: str, actor: str, at: datetime) -> Posting:
    """Let the account be used again; the release job then credits what came due meanwhile."""
    return _set_status(member_id, False, reason, reference, actor, at)


def _set_status(
    member_id: int, is_frozen: bool, reason: str, reference: str, actor: str, at: datetime
) -> Posting:
    reason = reason.strip()
    if not reason:
        raise ReasonRequired
    checks.text(reason, field="reason", length=200)
    checks.nameless(reason, field="reason")
    checks.note(reference=reference, source="status", actor=actor)
    note = Note(
        reference=reference,
        fingerprint=fingerprint("freeze" if is_frozen else "unfreeze"),
        source="status",
        actor=actor,
        at=at,
        explanation={"reason": reason},
    )
    with transaction.atomic():
        book = Book(recorded_at=at)
        book.lock_members([member_id])
        account = book.member(member_id)
        if answer := book.replay(account, reference, note.fingerprint):
            return answer
        entry = operations.set_status(book, account, note, is_frozen=is_frozen)
        book.flush()
    return posting(entry)
