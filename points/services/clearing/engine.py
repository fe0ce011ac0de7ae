"""Booking of lots that end, window by window: the nightly expiry and ordered clearings alike.

Expiry itself needs no job: every read and every use compares the clock. This books it, so that
entries, totals and liability say so too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from points.models import ClearingRun, ClearingSkip, ExpiryNotice
from points.models.fields import canonical
from points.policies import fingerprint
from points.policies.clearing import Scope, was_told
from points.selectors import clearings
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
        _book_lots(order, book, _lots(order, locked))
    return last, sorted(set(window) - set(locked))


def _due_accounts(scope: Scope, *, after: int) -> list[int]:
    accounts = clearings.due_lots(scope).filter(held=0, account_id__gt=after)
    return list(
        accounts.order_by("account_id").values_list("account_id", flat=True).distinct()[:WINDOW]
    )


def _lots(order: Order, accounts: list[int]) -> list[tuple[int, int, int, bool]]:
    """(lot, account, points, whether its owner was told) of what is due of these accounts."""
    told: dict[tuple[int, datetime], dict[int, int]] = {}
    if order.required:
        told = clearings.told_of(ExpiryNotice.objects.filter(account_id__in=accounts))
    due = clearings.due_lots(order.scope).filter(held=0, account_id__in=accounts)
    found = []
    for lot in due.order_by("account_id", "pk"):
        deadline = order.scope.deadline(lot.expires_at)
        is_told = was_told(
            deadline,
            lot.usable_at,
            required=order.required,
            late_days=order.late_days,
            given=told.get((lot.account_id, deadline), {}),
        )
        found.append((lot.pk, lot.account_id, lot.remaining, is_told))
    return found


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
    held = clearings.due_lots(order.scope).filter(held__gt=0).values("account_id")
    sums = held.annotate(lots=Count("pk"), points=Sum("remaining")).order_by("account_id")
    for window in rows.chunks(sums.iterator(), WINDOW):
        found = {row["account_id"]: [row["lots"], row["points"]] for row in window}
        _pass_over(order, found, ClearingSkip.Reason.HELD)
