"""What can happen to a locked account, on the portable path.

Each function takes a `Book` whose transaction holds the account, changes rows in memory and
appends one entry (a transfer: two). None of them commits, flushes or reads the clock. The
arithmetic is `points.policies`; docs/algorithms/ledger.md tells each with a worked table.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points import policies
from points.exceptions import AccountFrozen, InsufficientPoints
from points.models.fields import canonical
from points.policies import Slice
from points.services import rows
from points.services.book import Book
from points.services.rows import AccountRow, EntryRow, LotRow

NO_DETAIL: dict[str, Any] = {}

PAGE = 4
"""Open lots read at first: most spends need one or two of what may be a thousand."""


@dataclass(frozen=True, slots=True)
class Note:
    """What every entry says about itself, whatever it does."""

    reference: str
    fingerprint: str
    source: str
    actor: str
    at: datetime
    store_id: int | None = None
    rule_version: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)

    def entry(self, **extra: Any) -> dict[str, Any]:
        """Arguments for `Book.post`; `extra` joins the explanation."""
        return {
            "reference": self.reference,
            "fingerprint": self.fingerprint,
            "source": self.source,
            "actor": self.actor,
            "at": self.at,
            "store_id": self.store_id,
            "rule_version": self.rule_version,
            "explanation": _told(self.explanation, extra),
        }


def _told(explanation: dict[str, Any], extra: dict[str, Any]) -> str:
    """The explanation as stored: the caller's part, then the ledger's own.

    Spelled piece by piece, so that the stored functions can spell the same text.
    """
    parts = [canonical(part)[1:-1] for part in (explanation, extra) if part]
    return f"{{{','.join(parts)}}}"


def refuse_frozen(account: AccountRow) -> None:
    if account.status == "frozen":
        raise AccountFrozen(reason=account.frozen_reason)


def live_lots(book: Book, account: AccountRow, at: datetime) -> Iterator[LotRow]:
    """Open lots that have not lapsed at `at`, soonest expiry first, then age, a page at a time."""
    after: tuple[datetime, int] | None = None
    size = PAGE
    while True:
        condition = "account_id = %s AND state = 'open' AND expires_at > %s"
        parameters: list[Any] = [account.id, rows.stamp(at)]
        if after is not None:
            condition += " AND (expires_at, id) > (%s, %s)"
            parameters += [rows.stamp(after[0]), after[1]]
        page = book.load_lots(f"{condition} ORDER BY expires_at, id LIMIT {size}", parameters)
        yield from page
        if len(page) < size:
            return
        after, size = (page[-1].expires_at, page[-1].id), size * 4


def spendable(book: Book, account: AccountRow, at: datetime) -> int:
    """Points usable at `at`: open, not held, not lapsed."""
    book.cursor.execute(
        "SELECT COALESCE(SUM(remaining - held), 0) FROM points_lot "
        "WHERE account_id = %s AND state = 'open' AND expires_at > %s",
        [account.id, rows.stamp(at)],
    )
    return int(book.cursor.fetchone()[0])


def pick(book: Book, account: AccountRow, points: int, at: datetime) -> list[tuple[LotRow, int]]:
    """The lots that cover `points`; raises `InsufficientPoints` with both figures."""
    if account.available < points:
        raise InsufficientPoints(needed=points, available=spendable(book, account, at))
    seen: dict[int, LotRow] = {}

    def offered() -> Iterator[tuple[int, int]]:
        for lot in live_lots(book, account, at):
            seen[lot.id] = lot
            yield lot.id, lot.free

    slices, short = policies.take(offered(), points)
    if short:
        raise InsufficientPoints(needed=points, available=points - short)
    return [(seen[part.lot], part.points) for part in slices]


def earn(
    book: Book,
    account: AccountRow,
    note: Note,
    *,
    points: int,
    expires_at: datetime | None,
    usable_at: datetime | None,
    kind: str = "earn",
    earned_at: datetime | None = None,
) -> EntryRow:
    """Grant a lot: usable at once, or pending until `usable_at` (F31); debt is paid first.

    The lot is as old as `earned_at`, by itself as the entry.

    A frozen account earns, but pending (F77): thawing and the release job credit it later. An
    adjustment by staff (`kind`) is never pending.
    """
    is_pending = kind == "earn" and (
        account.status == "frozen" or (usable_at is not None and usable_at > note.at)
    )
    if is_pending:
        entry = book.post(account, kind=kind, d_pending=points, **note.entry())
        book.grant(
            entry,
            points=points,
            earned_at=earned_at or note.at,
            expires_at=expires_at,
            usable_at=usable_at,
            state="pending",
        )
        return entry
    part = policies.pay_debt_first(points, account.debt)
    entry = book.post(
        account,
        kind=kind,
        d_available=part.to_balance,
        d_debt=-part.to_debt,
        **note.entry(),
    )
    if part.to_balance:
        book.grant(
            entry,
            points=part.to_balance,
            earned_at=earned_at or note.at,
            expires_at=expires_at,
            usable_at=usable_at,
        )
    return entry


def spend(
    book: Book, account: AccountRow, note: Note, *, points: int, kind: str = "spend"
) -> EntryRow:
    """Take points for good, soonest expiry first (`kind` may be a negative adjustment)."""
    refuse_frozen(account)
    taken = pick(book, account, points, note.at)
    entry = book.post(account, kind=kind, d_available=-points, **note.entry())
    for lot, part in taken:
        lot.remaining -= part
        lot.spent += part
        book.change(lot)
        book.use(entry, lot, part, "spent")
    return entry


def hold(book: Book, account: AccountRow, note: Note, *, points: int) -> EntryRow:
    """Reserve points: they leave the usable balance, not yet the lots."""
    refuse_frozen(account)
    taken = pick(book, account, points, note.at)
    entry = book.post(account, kind="hold", d_available=-points, d_held=points, **note.entry())
    for lot, part in taken:
        lot.held += part
        book.change(lot)
        book.use(entry, lot, part, "held")
    return entry


def pay_debt(book: Book, entry: EntryRow, lots: Iterable[LotRow], points: int) -> list[Slice]:
    """Take `points` that pay debt out of free points of these lots, in their order."""
    known = {lot.id: lot for lot in lots}
    slices, _ = policies.take(((lot.id, lot.free) for lot in known.values()), points)
    for part in slices:
        lot = known[part.lot]
        lot.remaining -= part.points
        lot.clawed += part.points
        book.change(lot)
        book.use(entry, lot, part.points, "clawed")
    return slices


def mature(book: Book, account: AccountRow, note: Note, lot: LotRow) -> EntryRow:
    """Credit a pending lot; debt is paid from it first."""
    points = lot.remaining
    part = policies.pay_debt_first(points, account.debt)
    entry = book.post(
        account,
        kind="mature",
        d_pending=-points,
        d_available=part.to_balance,
        d_debt=-part.to_debt,
        relates_to_id=lot.entry_id,
        **note.entry(),
    )
    lot.state = "open"
    book.change(lot)
    pay_debt(book, entry, [lot], part.to_debt)
    return entry


def transfer(
    book: Book, giver: AccountRow, receiver: AccountRow, note: Note, *, points: int
) -> tuple[EntryRow, EntryRow]:
    """Move points with their expiry (F73): for every lot taken, a lot of the same day arrives."""
    out, into, _pairs = move(book, giver, receiver, note, points=points)
    return out, into


def move(
    book: Book, giver: AccountRow, receiver: AccountRow, note: Note, *, points: int
) -> tuple[EntryRow, EntryRow, list[tuple[LotRow, LotRow]]]:
    """As `transfer`, and says which lot became which."""
    refuse_frozen(giver)
    refuse_frozen(receiver)
    taken = pick(book, giver, points, note.at)
    out = book.post(giver, kind="transfer_out", d_available=-points, **note.entry())
    for lot, part in taken:
        lot.remaining -= part
        lot.spent += part
        book.change(lot)
        book.use(out, lot, part, "spent")
    paid = policies.pay_debt_first(points, receiver.debt)
    into = book.post(
        receiver,
        kind="transfer_in",
        d_available=paid.to_balance,
        d_debt=-paid.to_debt,
        relates_to_id=out.id,
        **note.entry(),
    )
    arrived = [
        book.grant(
            into,
            points=part,
            earned_at=lot.earned_at,
            expires_at=lot.expires_at,
            # Theirs from now on: notices that came before could not have reached them.
            usable_at=max(lot.usable_at, note.at),
        )
        for lot, part in taken
    ]
    for (lot, _part), new in zip(taken, arrived, strict=True):
        new.store_id = lot.store_id  # whoever issued them still bears their cost
    pay_debt(book, into, arrived, paid.to_debt)
    return out, into, [(lot, new) for (lot, _part), new in zip(taken, arrived, strict=True)]


def set_status(book: Book, account: AccountRow, note: Note, *, is_frozen: bool) -> EntryRow:
    """Freeze or thaw; the entry keeps who and why in the chain of hashes."""
    account.status = "frozen" if is_frozen else "active"
    account.frozen_reason = str(note.explanation.get("reason", "")) if is_frozen else ""
    return book.post(account, kind="freeze" if is_frozen else "unfreeze", **note.entry())


def expire(book: Book, account: AccountRow, note: Note, *, points: int) -> EntryRow:
    """Book `points` of lapsed lots; the caller closes the lots themselves, set by set."""
    return book.post(account, kind="expire", d_available=-points, **note.entry())
