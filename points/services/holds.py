"""Points reserved for a checkout that is not finished: hold, then capture or release (F57).

Under the rules of `points.services.ledger`: the account is locked first, a repeat of a reference
answers the same, each call is atomic by itself.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, cast

from django.db import transaction

from points.exceptions import HoldClosed, HoldNotFound, InsufficientPoints
from points.models import Account, Hold
from points.policies import fingerprint
from points.services import checks, operations, reversals, stored
from points.services.book import Book
from points.services.operations import NO_DETAIL, Note
from points.services.rows import Posting, posting

P = ParamSpec("P")


def frees_stale_holds(write: Callable[P, Posting]) -> Callable[P, Posting]:
    """Let a write that finds too few points release the member's timed-out holds and try again.

    The job that releases them may be late; their points are free all the same. Who has enough
    without them pays no query for it.
    """

    @wraps(write)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Posting:
        try:
            return write(*args, **kwargs)
        except InsufficientPoints:
            member_id, at = cast("int", kwargs["member_id"]), cast("datetime", kwargs["at"])
            if not release_expired(member_id=member_id, at=at):
                raise
        return write(*args, **kwargs)

    return wrapped


@frees_stale_holds
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
    explanation: dict[str, Any] = NO_DETAIL,
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
        explanation=explanation,
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
    explanation: dict[str, Any] = NO_DETAIL,
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
        explanation=explanation,
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
    explanation: dict[str, Any],
) -> Posting:
    checks.note(reference=reference, source="hold", actor=actor)
    verb = "capture" if to is Hold.State.CAPTURED else "release"
    mark = fingerprint(verb, hold_reference)
    told = {**explanation, "hold": hold_reference, "state": to.value}
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
            explanation=told,
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
            explanation=told,
        )
        close = reversals.capture if to is Hold.State.CAPTURED else reversals.release
        entry = close(book, account, note, entry_id=held.entry_id, points=held.points)
        book.flush()
        held.state = to
        held.closed_by_id = entry.id
        held.save(update_fields=["state", "closed_by"])
    return posting(entry)


def release_expired(*, member_id: int, at: datetime) -> int:
    """Release the member's holds that timed out by `at`; returns how many. One query for none.

    Before something counts or reserves points: what timed out is free at its instant, however
    late the job is.
    """
    due = (
        Hold.objects.filter(
            account__member_id=member_id,
            account__unit=Account.Unit.POINTS,
            state=Hold.State.ACTIVE,
            expires_at__lte=at,
        )
        .order_by("pk")
        .values_list("pk", "account__member_id", "entry__reference")
    )
    return sum(_time_out(pk, of_member, reference, at) for pk, of_member, reference in due)


def release_stale(*, now: datetime, limit: int = 1000) -> int:
    """Release active holds that timed out by `now`; returns how many. Safe to run twice at once."""
    due = (
        Hold.objects.filter(state=Hold.State.ACTIVE, expires_at__lte=now)
        .order_by("expires_at")
        .values_list("pk", "account__member_id", "entry__reference")[:limit]
    )
    return sum(_time_out(pk, member_id, reference, now) for pk, member_id, reference in due)


def _time_out(pk: int, member_id: int, reference: str, at: datetime) -> int:
    try:
        release(
            member_id=member_id,
            hold_reference=reference,
            reference=f"timeout:{pk}",
            actor="system",
            at=at,
            is_time_out=True,
        )
    except HoldClosed:
        return 0  # its checkout was finished at the last moment
    return 1
