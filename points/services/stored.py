"""The hot writes as stored functions of PostgreSQL: one statement each.

They do exactly what the portable path does; tests/points/test_paths_agree.py runs the same random
sequences through both and compares every table. `POINTS_PORTABLE=1` turns them off.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from points.exceptions import (
    AccountFrozen,
    EntryNotFound,
    HoldClosed,
    HoldNotFound,
    InsufficientPoints,
    ReferenceConflict,
    RestoreExceedsUse,
)
from points.models import Hold
from points.models.fields import canonical
from points.policies import NEVER
from points.services.operations import Note
from points.services.rows import Posting, is_postgresql, signed


def is_used() -> bool:
    return is_postgresql() and not settings.POINTS_PORTABLE


def _row(sql: str, parameters: list[Any]) -> Any:
    """One statement, one row, by psycopg itself.

    Django's wrappers around a cursor are a seventh of the Python in a spend; where queries are
    logged or counted they are used all the same.
    """
    if connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection.connection.execute(sql, parameters).fetchone()


def earn(
    *,
    member_id: int,
    unit: str,
    points: int,
    note: Note,
    expires_at: datetime | None,
    usable_at: datetime | None,
    recorded_at: datetime,
) -> Posting:
    return _call(
        "SELECT * FROM points_earn(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            member_id,
            unit,
            points,
            note.reference,
            note.fingerprint,
            note.source,
            note.store_id,
            note.actor,
            note.rule_version,
            canonical(note.explanation),
            note.at,
            recorded_at,
            expires_at or NEVER,
            usable_at or note.at,
        ],
        reference=note.reference,
        points=points,
    )


def take(
    *,
    member_id: int,
    unit: str,
    points: int,
    note: Note,
    recorded_at: datetime,
    hold_until: datetime | None = None,
) -> Posting:
    """A spend, or with `hold_until` a hold."""
    return _call(
        "SELECT * FROM points_take(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            member_id,
            unit,
            points,
            note.reference,
            note.fingerprint,
            note.source,
            note.store_id,
            note.actor,
            canonical(note.explanation),
            note.at,
            recorded_at,
            hold_until,
        ],
        reference=note.reference,
        points=points,
    )


def close_hold(
    *,
    member_id: int,
    hold_reference: str,
    reference: str,
    mark: str,
    actor: str,
    at: datetime,
    recorded_at: datetime,
    to: str,
    explanation: dict[str, Any],
) -> Posting:
    return _call(
        "SELECT * FROM points_close_hold(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            member_id,
            hold_reference,
            reference,
            mark,
            actor,
            canonical(explanation),
            at,
            recorded_at,
            to,
        ],
        reference=reference,
        other=hold_reference,
    )


def restore(
    *,
    member_id: int,
    spend_reference: str,
    reference: str,
    mark: str,
    actor: str,
    at: datetime,
    points: int | None,
    grace_until: datetime | None,
    explanation: dict[str, Any],
    recorded_at: datetime,
) -> Posting:
    return _call(
        "SELECT * FROM points_restore(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            member_id,
            spend_reference,
            reference,
            mark,
            actor,
            canonical(explanation),
            at,
            recorded_at,
            points,
            grace_until,
        ],
        reference=reference,
        other=spend_reference,
    )


def clear_window(
    *, order_: list[Any], after: int, size: int, only: list[int] | None
) -> tuple[int | None, int, int, int, list[int]]:
    """One window of `points.services.clearing.engine`.

    Returns its last account, how many accounts, lots and points it booked, and who was in the way.
    """
    last, accounts, lots, points, busy = _row(
        "SELECT last_account, accounts, lots, points, busy FROM points_clear("
        "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::integer[], %s, %s, %s, %s::bigint[])",
        [*order_, after, size, only],
    )
    return last, accounts, lots, points, busy


def _call(
    sql: str, parameters: list[Any], *, reference: str, points: int = 0, other: str = ""
) -> Posting:
    """Run one function; it answers a refusal as a row, so the caller's transaction lives on."""
    outcome, detail, entry_id, account_id, seq, kind, *figures = _row(sql, parameters)
    if outcome in ("done", "replay"):
        return Posting(
            entry_id=entry_id,
            account_id=account_id,
            seq=seq,
            kind=kind,
            amount=signed(kind, *figures[:4]),
            available=figures[4],
            held=figures[5],
            pending=figures[6],
            debt=figures[7],
            is_replay=outcome == "replay",
        )
    match outcome:
        case "insufficient":
            raise InsufficientPoints(needed=points, available=int(detail))
        case "frozen":
            raise AccountFrozen(reason=detail)
        case "conflict":
            raise ReferenceConflict(reference=reference)
        case "no_entry":
            raise EntryNotFound(reference=other)
        case "no_hold":
            raise HoldNotFound(reference=other)
        case "hold_closed":
            raise HoldClosed(state=Hold.State(detail).label)
        case "exceeds":
            raise RestoreExceedsUse(left=int(detail))
    raise AssertionError(outcome)
