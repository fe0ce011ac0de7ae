"""Points reserved for a checkout that is not finished: hold, then capture or release (F57).

Under the rules of `points.services.ledger`: the account is locked first, a repeat of a reference
answers the same, each call is atomic by itself.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from points.exceptions import HoldClosed, HoldNotFound
from points.models import Hold
from points.policies import fingerprint
from points.services import checks, operations, reversals, stored
from points.services.book import Book
from points.services.ledger import NO_DETAIL
from points.services.operations import Note
from points.services.rows import Posting, posting


def hold(
    *,
    member_id: int,
    points: int,
    reference: str,
    source: str,
    actor: str,
    at: datetime,
    until: datetime,
    store_id: int | None = None,
    explanation: dict[str, Any] = NO_DETAIL,
    recorded_at: datetime | None = None,
) -> Posting:
    """Reserve points for a checkout until `until` (F57); then `capture` or `release`.

    The hold is known by its `reference`. Raises as `spend`.
    """
    checks.points(points)
    checks.note(reference=reference, source=source, actor=actor)
    note = Note(
        reference=reference,
        fingerprint=fingerprint("hold", points, source, store_id),
        source=source,
        actor=actor,
        at=at,
        store_id=store_id,
        explanation=explanation,
    )
    recorded_at = recorded_at or at
    if stored.is_used():
        return stored.take(
            member_id=member_id,
            unit="points",
            points=points,
            note=note,
            recorded_at=recorded_at,
            hold_until=until,
        )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, note.fingerprint):
            return answer
        entry = operations.hold(book, account, note, points=points)
        book.flush()
        Hold.objects.create(
            account_id=account.id,
            entry_id=entry.id,
            points=points,
            state=Hold.State.ACTIVE,
            expires_at=until,
        )
    return posting(entry)


def capture(
    *,
    member_id: int,
    hold_reference: str,
    reference: str,
    actor: str,
    at: datetime,
    recorded_at: datetime | None = None,
) -> Posting:
    """Use what the hold reserved, when its order is final.

    A hold past its time may still be captured until the job has released it: the points were
    never free in between. Raises `HoldNotFound`, `HoldClosed`, `AccountFrozen`.
    """
    return _close_hold(
        member_id=member_id,
        hold_reference=hold_reference,
        reference=reference,
        actor=actor,
        at=at,
        recorded_at=recorded_at or at,
        to=Hold.State.CAPTURED,
    )


def release(
    *,
    member_id: int,
    hold_reference: str,
    reference: str,
    actor: str,
    at: datetime,
    recorded_at: datetime | None = None,
    is_time_out: bool = False,
) -> Posting:
    """Give back what the hold reserved, into the very lots. Raises `HoldNotFound`, `HoldClosed`."""
    return _close_hold(
        member_id=member_id,
        hold_reference=hold_reference,
        reference=reference,
        actor=actor,
        at=at,
        recorded_at=recorded_at or at,
        to=Hold.State.TIMED_OUT if is_time_out else Hold.State.RELEASED,
    )


def _close_hold(
    *,
    member_id: int,
    hold_reference: str,
    reference: str,
    actor: str,
    at: datetime,
    recorded_at: datetime,
    to: Hold.State,
) -> Posting:
    checks.note(reference=reference, source="hold", actor=actor)
    verb = "capture" if to is Hold.State.CAPTURED else "release"
    mark = fingerprint(verb, hold_reference)
    if stored.is_used():
        return stored.close_hold(
            member_id=member_id,
            hold_reference=hold_reference,
            reference=reference,
            mark=mark,
            actor=actor,
            at=at,
            recorded_at=recorded_at,
            to=to.value,
        )
    with transaction.atomic():
        book = Book(recorded_at=recorded_at)
        account = book.locked(member_id)
        if answer := book.replay(account, reference, mark):
            return answer
        held = (
            Hold.objects.filter(
                account_id=account.id,
                entry__account_id=account.id,
                entry__reference=hold_reference,
            )
            .select_related("entry")
            .first()
        )
        if held is None:
            raise HoldNotFound(reference=hold_reference)
        if held.state != Hold.State.ACTIVE:
            raise HoldClosed(state=held.get_state_display())
        note = Note(
            reference=reference,
            fingerprint=mark,
            source=held.entry.source,
            actor=actor,
            at=at,
            store_id=held.entry.store_id,
            explanation={"hold": hold_reference, "state": to.value},
        )
        close = reversals.capture if to is Hold.State.CAPTURED else reversals.release
        entry = close(book, account, note, entry_id=held.entry_id, points=held.points)
        book.flush()
        held.state = to
        held.closed_by_id = entry.id
        held.save(update_fields=["state", "closed_by"])
    return posting(entry)


def release_stale(*, now: datetime, limit: int = 1000) -> int:
    """Release active holds that timed out by `now`; returns how many. Safe to run twice at once."""
    released = 0
    due = (
        Hold.objects.filter(state=Hold.State.ACTIVE, expires_at__lte=now)
        .order_by("expires_at")
        .values_list("pk", "account__member_id", "entry__reference")[:limit]
    )
    for pk, member_id, reference in due:
        try:
            release(
                member_id=member_id,
                hold_reference=reference,
                reference=f"timeout:{pk}",
                actor="system",
                at=now,
                is_time_out=True,
            )
        except HoldClosed:
            continue  # its checkout was finished at the last moment
        released += 1
    return released
