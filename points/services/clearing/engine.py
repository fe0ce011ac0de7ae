"""Booking of lots that end, window by window: the nightly expiry and ordered clearings alike.

Expiry itself needs no job: every read and every use compares the clock. This books it, so that
entries, totals and liability say so too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from points.models import ClearingRun, ClearingSkip
from points.models.fields import canonical
from points.policies import NEVER, fingerprint
from points.policies.clearing import Scope
from points.services import lapsing, operations, rows, stored
from points.services.book import WINDOW, Book
from points.services.operations import Note

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What a run takes and how its entries say so.

    `required`: days ahead at which a member must have been told, or their points are left alone;
    a notice counts up to `late_days` after its day. `at` is when it happened by business time.
    """

    run: ClearingRun
    scope: Scope
    at: datetime
    recorded_at: datetime
    source: str = "expiry"
    required: Sequence[int] = ()
    late_days: int = 0
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        return f"expire:{self.run.pk}"

    @property
    def version(self) -> str:
        return "" if self.source == "expiry" else f"{self.source}:{self.run.pk}"


def book(
    order: Order,
    *,
    progress: Progress | None = None,
    goes_on: Callable[[], bool] | None = None,
) -> bool:
    """Book everything that falls under the order, one entry per account.

    Works in windows of accounts, each its own transaction, so members wait for no more than a
    window; a first pass leaves out accounts that somebody is using, a second waits for them.
    Killed anywhere and run again, the books end the same, since the lots say what is due.
    `progress(accounts, points)` is called after every window. Returns False when `goes_on`,
    asked between windows, said no.
    """
    run = order.run
    busy: list[int] = []
    after = 0
    while True:
        if goes_on and not goes_on():
            return False
        last, held_up = _window(order, after=after)
        busy += held_up
        if progress:
            progress(run.accounts, run.points)
        if last is None:
            break
        after = last
    for window in rows.chunks(sorted(busy), WINDOW):
        if goes_on and not goes_on():
            return False
        _window(order, after=0, only=window)
        if progress:
            progress(run.accounts, run.points)
    _note_held(order)
    return True


def _window(
    order: Order, *, after: int, only: list[int] | None = None
) -> tuple[int | None, list[int]]:
    """Book one window; returns its last account (None: there was none) and who was in the way."""
    run = order.run
    with transaction.atomic():
        if stored.is_used():
            last, accounts, lots, points, busy = stored.clear_window(
                order_=_parameters(order), after=after, size=WINDOW, only=only
            )
            run.accounts += accounts
            run.lots += lots
            run.points += points
        else:
            last, busy = _portable(order, after=after, only=only)
        if last is not None or only:
            run.save(update_fields=["accounts", "lots", "points"])
    return last, busy


def book_accounts(order: Order, accounts: list[int]) -> None:
    """Book what falls under the order of these accounts, waiting for their locks."""
    _window(order, after=0, only=accounts)


def _parameters(order: Order) -> list[Any]:
    scope = order.scope
    return [
        order.run.pk,
        fingerprint(order.reference),
        order.source,
        order.version,
        canonical(order.told),
        scope.cutoff_at,
        order.at,
        order.recorded_at,
        scope.earned_from,
        scope.earned_before if scope.basis == "earned" else None,
        scope.store_id,
        list(order.required),
        order.late_days,
    ]


def due(scope: Scope, *, prefix: str = "") -> tuple[str, list[Any]]:
    """The condition on open lots that fall under `scope`, reserved ones included."""
    stamp = rows.stamp
    if scope.basis == "lapsed":
        conditions = [f"{prefix}expires_at <= %s"]
        parameters: list[Any] = [stamp(scope.cutoff_at)]
    else:
        assert scope.earned_before is not None  # noqa: S101 - the scope says so itself
        conditions = [f"{prefix}expires_at >= %s", f"{prefix}earned_at < %s"]
        parameters = [stamp(NEVER), stamp(scope.earned_before)]
        if scope.earned_from is not None:
            conditions.append(f"{prefix}earned_at >= %s")
            parameters.append(stamp(scope.earned_from))
    if scope.store_id is not None:
        conditions.append(f"{prefix}store_id = %s")
        parameters.append(scope.store_id)
    return f"{prefix}state = 'open' AND " + " AND ".join(conditions), parameters


def not_told(
    deadline: str, required: Sequence[int], late_days: int, *, prefix: str
) -> tuple[str, list[Any]]:
    """The condition on lots whose owner lacks a required notice; see `policies.clearing.owed`.

    `deadline` is an expression of SQL, the lot's own end or a parameter.
    """
    parts, parameters = [], []
    for stage in required:
        parts.append(
            f"({prefix}usable_at <= {_days_before(deadline, stage)} AND NOT EXISTS ("  # noqa: S608 - constants
            f"SELECT 1 FROM points_expirynotice n WHERE n.account_id = {prefix}account_id "
            f"AND n.deadline = {deadline} AND n.stage = %s AND n.days_left >= %s))"
        )
        parameters += [stage, stage - late_days]
    return f"({' OR '.join(parts)})", parameters


def _days_before(instant: str, days: int) -> str:
    if rows.is_postgresql():
        return f"({instant} - make_interval(days => {int(days)}))"
    # As Django writes instants on SQLite: with a fraction only where there is one.
    return f"datetime({instant}, '-{int(days)} days')"


def _portable(order: Order, *, after: int, only: list[int] | None) -> tuple[int | None, list[int]]:
    window = only if only is not None else _due_accounts(order.scope, after=after)
    book = Book(recorded_at=order.recorded_at, expected=max(len(window), 1))
    if only is not None:
        book.lock_accounts(window)
    else:
        book.try_lock_accounts(window)
    locked = sorted(book.accounts)
    last = window[-1] if window and only is None else None
    if locked:
        # A new statement after the lock: what it reads is what nobody can change any more.
        _book_lots(order, book, _lots(order, book, locked))
    return last, sorted(set(window) - set(locked))


def _due_accounts(scope: Scope, *, after: int) -> list[int]:
    condition, parameters = due(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT account_id FROM points_lot WHERE {condition} "  # noqa: S608 - constants
            "AND held = 0 AND account_id > %s ORDER BY account_id LIMIT %s",
            [*parameters, after, WINDOW],
        )
        return [row[0] for row in cursor.fetchall()]


def _lots(order: Order, book: Book, accounts: list[int]) -> list[tuple[int, int, int, bool]]:
    """(lot, account, points, whether its owner was told) of what is due of these accounts."""
    condition, parameters = due(order.scope, prefix="l.")
    among, ids = rows.any_of(accounts)
    missing = "1 = 0"
    extra: list[Any] = []
    if order.required:
        missing, extra = _missing(order)
    book.cursor.execute(
        f"SELECT l.id, l.account_id, l.remaining, CASE WHEN {missing} THEN 0 ELSE 1 END "  # noqa: S608 - constants
        f"FROM points_lot l WHERE {condition} AND l.held = 0 AND l.account_id {among} "
        "ORDER BY l.account_id",
        [*extra, *parameters, *ids],
    )
    return [
        (lot, account, points, bool(told)) for lot, account, points, told in book.cursor.fetchall()
    ]


def _missing(order: Order) -> tuple[str, list[Any]]:
    if order.scope.basis == "lapsed":
        return not_told("l.expires_at", order.required, order.late_days, prefix="l.")
    # The deadline is the same for all: said as a value wherever the condition names it.
    cutoff = order.scope.cutoff_at
    parts, parameters = [], []
    for stage in order.required:
        parts.append(
            "(l.usable_at <= %s AND NOT EXISTS (SELECT 1 FROM points_expirynotice n "
            "WHERE n.account_id = l.account_id AND n.deadline = %s AND n.stage = %s "
            "AND n.days_left >= %s))"
        )
        parameters += [
            rows.stamp(cutoff - timedelta(days=stage)),
            rows.stamp(cutoff),
            stage,
            stage - order.late_days,
        ]
    return f"({' OR '.join(parts)})", parameters


def _book_lots(order: Order, book: Book, lots: list[tuple[int, int, int, bool]]) -> None:
    run = order.run
    sums: dict[int, list[int]] = {}
    passed_over: dict[int, list[int]] = {}
    for _lot, account, points, is_told in lots:
        figures = (sums if is_told else passed_over).setdefault(account, [0, 0])
        figures[0] += 1
        figures[1] += points
    entries: dict[int, int] = {}
    for account, (count, points) in sums.items():
        entry = operations.expire(book, book.accounts[account], _note(order), points=points)
        entries[account] = entry.id
        run.accounts += 1
        run.lots += count
        run.points += points
    book.flush()
    lapsing.close_lots(book.cursor, [(entries[a], lot) for lot, a, _points, told in lots if told])
    _pass_over(order, passed_over, ClearingSkip.Reason.NOT_TOLD)


def _note(order: Order) -> Note:
    return Note(
        reference=order.reference,
        fingerprint=fingerprint(order.reference),
        source=order.source,
        actor="system",
        at=order.at,
        rule_version=order.version,
        explanation=order.told,
    )


def _pass_over(order: Order, found: dict[int, list[int]], reason: str) -> None:
    ClearingSkip.objects.bulk_create(
        [
            ClearingSkip(
                run=order.run, account_id=account, reason=reason, lots=count, points=points
            )
            for account, (count, points) in sorted(found.items())
        ],
        ignore_conflicts=True,
    )


def _note_held(order: Order) -> None:
    """List what a checkout reserves: it waits for the hold, so each lot is booked once."""
    if order.scope.basis == "lapsed" and not order.required:
        return  # the next night finds it
    condition, parameters = due(order.scope, prefix="l.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO points_clearingskip (run_id, account_id, reason, lots, points) "  # noqa: S608 - constants
            f"SELECT %s, l.account_id, 'held', COUNT(*), SUM(l.remaining) FROM points_lot l "
            f"WHERE {condition} AND l.held > 0 GROUP BY l.account_id ON CONFLICT DO NOTHING",
            [order.run.pk, *parameters],
        )
