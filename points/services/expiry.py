"""Booking of lots whose day has passed (F67).

Expiry itself needs no job: every read and every use compares the clock. This books it, so that
entries, totals and liability say so too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from points.models import ClearingRun
from points.policies import fingerprint
from points.services import operations, rows, stored
from points.services.book import WINDOW, Book
from points.services.operations import Note

_DUE = "state = 'open' AND expires_at <= %s AND held = 0"
"""A lot that a hold still reserves waits for the hold; so each lot's expiry is booked once."""

Progress = Callable[[int, int], None]


def expire_due(
    *, cutoff_at: datetime, recorded_at: datetime, progress: Progress | None = None
) -> ClearingRun:
    """Book every lot that had lapsed at `cutoff_at`: one entry per account.

    Works in windows of accounts, each its own transaction, so members wait for no more than a
    window; a first pass leaves out accounts that somebody is using, a second waits for them.
    Killed anywhere and run again, the books end the same, since the lots say what is due.
    `progress(accounts, points)` is called after every window.
    """
    run = ClearingRun.objects.create(cutoff_at=cutoff_at, started_at=recorded_at)
    for wait in (False, True):
        after = 0
        while (last := _window(run, after=after, recorded_at=recorded_at, wait=wait)) is not None:
            after = last
            if progress:
                progress(run.accounts, run.points)
    run.finished_at = recorded_at
    run.save(update_fields=["finished_at"])
    return run


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
    _close_lots(book.cursor, {account.id: entry.id}, at)


def _window(run: ClearingRun, *, after: int, recorded_at: datetime, wait: bool) -> int | None:
    """Book one window; returns the last account it looked at, None when there was none."""
    with transaction.atomic():
        if stored.is_used():
            last, accounts, lots, points = stored.expire_window(
                run_id=run.pk,
                mark=fingerprint(f"expire:{run.pk}"),
                cutoff_at=run.cutoff_at,
                recorded_at=recorded_at,
                after=after,
                size=WINDOW,
                wait=wait,
            )
            run.accounts += accounts
            run.lots += lots
            run.points += points
        else:
            window = _due_accounts(run.cutoff_at, after=after)
            last = window[-1] if window else None
            _book_window(run, window, run.cutoff_at, recorded_at, wait=wait)
        if last is not None:
            run.save(update_fields=["accounts", "lots", "points"])
    return last


def _due_accounts(cutoff_at: datetime, *, after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT account_id FROM points_lot WHERE {_DUE} "  # noqa: S608 - constants
            "AND account_id > %s ORDER BY account_id LIMIT %s",
            [rows.stamp(cutoff_at), after, WINDOW],
        )
        return [row[0] for row in cursor.fetchall()]


def _book_window(
    run: ClearingRun, window: list[int], cutoff_at: datetime, recorded_at: datetime, *, wait: bool
) -> None:
    book = Book(recorded_at=recorded_at, expected=len(window))
    if wait:
        book.lock_accounts(window)
    else:
        book.try_lock_accounts(window)
    locked = sorted(book.accounts)
    if not locked:
        return
    # A new statement after the lock: what it sums is what nobody can change any more.
    among, parameters = rows.any_of(locked)
    book.cursor.execute(
        "SELECT account_id, SUM(remaining), COUNT(*) FROM points_lot "  # noqa: S608 - constants
        f"WHERE {_DUE} AND account_id {among} GROUP BY account_id",
        [rows.stamp(cutoff_at), *parameters],
    )
    booked: dict[int, int] = {}
    for account_id, points, count in sorted(book.cursor.fetchall()):
        entry = operations.expire(
            book, book.accounts[account_id], _note(run, cutoff_at), points=int(points)
        )
        booked[account_id] = entry.id
        run.accounts += 1
        run.lots += count
        run.points += int(points)
    book.flush()
    _close_lots(book.cursor, booked, cutoff_at)


def _note(run: ClearingRun, cutoff_at: datetime) -> Note:
    reference = f"expire:{run.pk}"
    return Note(
        reference=reference,
        fingerprint=fingerprint(reference),
        source="expiry",
        actor="system",
        at=cutoff_at,
    )


def _close_lots(cursor: Any, booked: dict[int, int], cutoff_at: datetime) -> None:
    if not booked:
        return
    if rows.is_postgresql():
        cursor.execute(
            "UPDATE points_lot l SET expired = l.remaining, remaining = 0, state = 'closed', "  # noqa: S608 - constants
            "expired_by_id = v.entry FROM unnest(%s::bigint[], %s::bigint[]) AS v(account, entry) "
            f"WHERE l.account_id = v.account AND {_DUE}",
            [list(booked), list(booked.values()), cutoff_at],
        )
        return
    cursor.executemany(
        "UPDATE points_lot SET expired = remaining, remaining = 0, state = 'closed', "  # noqa: S608 - constants
        f"expired_by_id = %s WHERE account_id = %s AND {_DUE}",
        [(entry, account, rows.stamp(cutoff_at)) for account, entry in booked.items()],
    )
