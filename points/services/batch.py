"""Many earnings and claw-backs at once: the sales intake's way into the ledger.

One receipt and a file of half a million take the same path, so they give the same books. The
statements are set-based: their number does not grow with the orders of a batch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.exceptions import EntryNotFound
from points.policies import DebtPolicy, fingerprint
from points.services import carried, checks, operations, reversals, rows
from points.services.book import WINDOW, Book
from points.services.operations import Note
from points.services.rows import EntryRow, LotRow, Posting, posting, repeat


@dataclass(frozen=True, slots=True)
class Earn:
    """As `ledger.earn`. `earned_at` is the lot's age where points were earned before `at`, in a
    former system: the entry happens now, so no balance of the past shows it."""

    member_id: int
    points: int
    reference: str
    source: str
    actor: str
    at: datetime
    expires_at: datetime | None
    usable_at: datetime | None = None
    store_id: int | None = None
    rule_version: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)
    earned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClawBack:
    """As `ledger.claw_back`; `of_reference` may name an earning of the same batch."""

    member_id: int
    points: int
    reference: str
    source: str
    actor: str
    at: datetime
    of_reference: str | None = None
    debt_policy: DebtPolicy = DebtPolicy.OWE
    store_id: int | None = None
    rule_version: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)


Order = Earn | ClawBack


def lock(member_ids: Iterable[int], *, at: datetime) -> None:
    """Lock the accounts of these members in the order of their ids, opening the missing ones.

    Must be the first lock of the transaction (docs/architecture.md, lock order).
    """
    Book(recorded_at=at).lock_members(member_ids)


def post(orders: Sequence[Order], *, recorded_at: datetime) -> list[Posting]:
    """Book the orders in their sequence, within the caller's transaction.

    Locks the accounts (again, harmlessly, after `lock`). A reference that was booked before
    answers with `is_replay`. Raises `InvalidPoints`, `InvalidText`, `ReferenceConflict`,
    `EntryNotFound`; then nothing of the batch may be kept, so the caller rolls back.
    """
    for order in orders:
        checks.points(order.points)
        checks.note(reference=order.reference, source=order.source, actor=order.actor)
    book = Book(recorded_at=recorded_at, expected=len(orders))
    book.lock_members(order.member_id for order in orders)
    poster = _Poster(book, orders)
    answers = [poster.post(order) for order in orders]
    book.flush()
    return answers


class _Poster:
    def __init__(self, book: Book, orders: Sequence[Order]) -> None:
        self.book = book
        keys = [(book.member(order.member_id).id, order.reference) for order in orders]
        keys += [
            (book.member(order.member_id).id, order.of_reference)
            for order in orders
            if isinstance(order, ClawBack) and order.of_reference is not None
        ]
        self.known = book.answered(sorted(set(keys)))
        self.carried = self._carried(orders)
        self.live = self._live_lots(orders)

    def _carried(self, orders: Sequence[Order]) -> dict[tuple[int, str], EntryRow]:
        """What claw-backs name that is not in its account, from accounts merged into it."""
        coming = {(self.book.member(order.member_id).id, order.reference) for order in orders}
        missing = {
            (account, order.of_reference)
            for order in orders
            if isinstance(order, ClawBack) and order.of_reference is not None
            for account in [self.book.member(order.member_id).id]
            if (account, order.of_reference) not in self.known
            and (account, order.of_reference) not in coming
        }
        return carried.entries(self.book, sorted(missing)) if missing else {}

    def _live_lots(self, orders: Sequence[Order]) -> dict[int, list[LotRow]]:
        """Open lots of the accounts that a claw-back of this batch may need, in FIFO order."""
        clawing = {
            self.book.member(order.member_id).id for order in orders if isinstance(order, ClawBack)
        }
        live: dict[int, list[LotRow]] = {account: [] for account in clawing}
        for window in rows.chunks(sorted(clawing), WINDOW):
            among, parameters = rows.any_of(window)
            for lot in self.book.load_lots(
                f"account_id {among} AND state = 'open' ORDER BY account_id, expires_at, id",
                parameters,
            ):
                live[lot.account_id].append(lot)
        return live

    def post(self, order: Order) -> Posting:
        account = self.book.member(order.member_id)
        mark = _fingerprint(order)
        seen = self.known.get((account.id, order.reference))
        if seen is not None:
            return repeat(seen, mark)
        note = Note(
            reference=order.reference,
            fingerprint=mark,
            source=order.source,
            actor=order.actor,
            at=order.at,
            store_id=order.store_id,
            rule_version=order.rule_version,
            explanation=order.explanation,
        )
        before = len(self.book.lots)
        if isinstance(order, Earn):
            entry = operations.earn(
                self.book,
                account,
                note,
                points=order.points,
                expires_at=order.expires_at,
                usable_at=order.usable_at,
                earned_at=order.earned_at,
            )
            if account.id in self.live and len(self.book.lots) > before:
                lots = self.live[account.id]
                lots.append(next(reversed(self.book.lots.values())))
                lots.sort(key=lambda lot: (lot.expires_at, lot.id))
        else:
            entry = reversals.claw_back(
                self.book,
                account,
                note,
                points=order.points,
                earned_by_id=self._earned_by(account.id, order.of_reference),
                policy=order.debt_policy,
                live=self.live[account.id],
            )
        self.known[account.id, order.reference] = entry
        return posting(entry)

    def _earned_by(self, account_id: int, reference: str | None) -> int | None:
        if reference is None:
            return None
        key = (account_id, reference)
        earned = self.known.get(key) or self.carried.get(key)
        if earned is None or earned.kind != "earn":
            raise EntryNotFound(reference=reference)
        return earned.id


def _fingerprint(order: Order) -> str:
    """As `ledger.earn` and `ledger.claw_back` fingerprint the same request."""
    if isinstance(order, Earn):
        return fingerprint("earn", order.points, order.source, order.store_id)
    return fingerprint("clawback", order.points, order.source, order.store_id, order.of_reference)
