"""The ledger's everyday writes: earn, spend, restore, claw back (holds: `points.services.holds`).

Each locks the member's account first, answers a repeat of its reference with the first answer
and writes nothing then, and is atomic by itself; inside a caller's transaction the lock is kept
until the caller commits. On PostgreSQL the hot ones are one statement (`points.services.stored`);
everywhere else, and for the rest, the portable path does the same.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from points.exceptions import EntryNotFound
from points.models import Hold
from points.policies import DebtPolicy, fingerprint
from points.services import carried, checks, operations, reversals, stored
from points.services.book import Book
from points.services.holds import frees_stale_holds
from points.services.operations import NO_DETAIL, Note
from points.services.rows import AccountRow, EntryRow, Posting, posting


def earn(
    *,
    member_id: int,
    points: int,
    reference: str,
    source: str,
    actor: str,
    at: datetime,
    expires_at: datetime | None,
    usable_at: datetime | None = None,
    store_id: int | None = None,
    rule_version: str = "",
    explanation: dict[str, Any] = NO_DETAIL,
    recorded_at: datetime | None = None,
    unit: str = "points",
) -> Posting:
    """Grant points as one lot that lapses at `expires_at` (None: never).

    `at` is the business instant, `recorded_at` the instant of booking (default: the same).
    Before `usable_at` the points are pending (F31); on a frozen account they stay pending (F77).
    Raises `InvalidPoints`, `InvalidText`, `ReferenceConflict`.
    """
    checks.points(points)
    checks.note(reference=reference, source=source, actor=actor)
    note = Note(
        reference=reference,
        fingerprint=fingerprint("earn", points, source, store_id),
        source=source,
        actor=actor,
        at=at,
        store_id=store_id,
        rule_version=rule_version,
        explanation=explanation,
    )
    recorded_at = recorded_at or at
    if stored.is_used():
        return stored.earn(
            member_id=member_id,
            unit=unit,
            points=points,
            note=note,
            expires_at=expires_at,
            usable_at=usable_at,
            recorded_at=recorded_at,
        )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at, unit=unit)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, note.fingerprint):
            return answer
        entry = operations.earn(
            book, account, note, points=points, expires_at=expires_at, usable_at=usable_at
        )
        book.flush()
    return posting(entry)


@frees_stale_holds
def spend(
    *,
    member_id: int,
    points: int,
    reference: str,
    source: str,
    actor: str,
    at: datetime,
    store_id: int | None = None,
    explanation: dict[str, Any] = NO_DETAIL,
    recorded_at: datetime | None = None,
    unit: str = "points",
) -> Posting:
    """Use points, the soonest to expire first, then the oldest.

    Where they do not suffice, holds of the member that are past their time are released first.
    Raises `InsufficientPoints` with both figures, `AccountFrozen`, `ReferenceConflict`.
    """
    checks.points(points)
    checks.note(reference=reference, source=source, actor=actor)
    note = Note(
        reference=reference,
        fingerprint=fingerprint("spend", points, source, store_id),
        source=source,
        actor=actor,
        at=at,
        store_id=store_id,
        explanation=explanation,
    )
    recorded_at = recorded_at or at
    if stored.is_used():
        return stored.take(
            member_id=member_id, unit=unit, points=points, note=note, recorded_at=recorded_at
        )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at, unit=unit)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, note.fingerprint):
            return answer
        entry = operations.spend(book, account, note, points=points)
        book.flush()
    return posting(entry)


def restore(
    *,
    member_id: int,
    spend_reference: str,
    reference: str,
    actor: str,
    at: datetime,
    points: int | None = None,
    grace_until: datetime | None = None,
    explanation: dict[str, Any] = NO_DETAIL,
    recorded_at: datetime | None = None,
) -> Posting:
    """Give back points of a spend (None: all that is left of it) into the very lots (F48).

    Parts whose lot has lapsed come back until `grace_until`, or not at all when it is None. Any
    sequence of partial restores ends where one whole restore ends. Raises `EntryNotFound`,
    `RestoreExceedsUse`, `ReferenceConflict`.
    """
    if points is not None:
        checks.points(points)
    checks.note(reference=reference, source="restore", actor=actor)
    mark = fingerprint("restore", spend_reference, points)
    if stored.is_used():
        return stored.restore(
            member_id=member_id,
            spend_reference=spend_reference,
            reference=reference,
            mark=mark,
            actor=actor,
            at=at,
            points=points,
            grace_until=grace_until,
            explanation=explanation,
            recorded_at=recorded_at or at,
        )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at or at)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, mark):
            return answer
        spent = _spent(book, account, spend_reference)
        note = Note(
            reference=reference,
            fingerprint=mark,
            source=spent.source,
            actor=actor,
            at=at,
            store_id=spent.store_id,
            explanation=explanation,
        )
        entry = reversals.restore(
            book, account, note, entry_id=spent.id, points=points, grace_until=grace_until
        )
        book.flush()
    return posting(entry)


def _spent(book: Book, account: AccountRow, reference: str) -> EntryRow:
    """The entry whose uses a restore undoes: a spend, or a hold that was captured."""
    entry = book.find(account, reference)
    if entry is None or entry.kind not in ("spend", "hold"):
        raise EntryNotFound(reference=reference)
    if (
        entry.kind == "hold"
        and not Hold.objects.filter(entry_id=entry.id, state=Hold.State.CAPTURED).exists()
    ):
        raise EntryNotFound(reference=reference)
    return entry


def claw_back(
    *,
    member_id: int,
    points: int,
    reference: str,
    source: str,
    actor: str,
    at: datetime,
    earn_reference: str | None = None,
    policy: DebtPolicy = DebtPolicy.OWE,
    store_id: int | None = None,
    rule_version: str = "",
    explanation: dict[str, Any] = NO_DETAIL,
    recorded_at: datetime | None = None,
) -> Posting:
    """Take back earned points: from the lot of `earn_reference`, then others, then by `policy`.

    Never refused for want of points: what is missing becomes debt, or is answered as `shortfall`,
    with the yuan to `deduct` where the policy asks the till. Raises `EntryNotFound`,
    `ReferenceConflict`.
    """
    checks.points(points)
    checks.note(reference=reference, source=source, actor=actor)
    note = Note(
        reference=reference,
        fingerprint=fingerprint("clawback", points, source, store_id, earn_reference),
        source=source,
        actor=actor,
        at=at,
        store_id=store_id,
        rule_version=rule_version,
        explanation=explanation,
    )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at or at)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, note.fingerprint):
            return answer
        earned_by_id = None
        if earn_reference is not None:
            key = (account.id, earn_reference)
            earned = book.find(account, earn_reference) or carried.entries(book, [key]).get(key)
            if earned is None or earned.kind != "earn":
                raise EntryNotFound(reference=earn_reference)
            earned_by_id = earned.id
        entry = reversals.claw_back(
            book, account, note, points=points, earned_by_id=earned_by_id, policy=policy
        )
        book.flush()
    return posting(entry)
