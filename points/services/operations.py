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
from points.exceptions import AccountFrozen, InsufficientPoints, RestoreExceedsUse
from points.models.fields import canonical
from points.policies import DebtPolicy, Slice
from points.services import rows
from points.services.book import Book
from points.services.rows import AccountRow, EntryRow, LotRow

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
) -> EntryRow:
    """Grant a lot: usable at once, or pending until `usable_at` (F31); debt is paid first.

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
            earned_at=note.at,
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
            earned_at=note.at,
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


@dataclass(slots=True)
class UseState:
    """A use of a lot that is not yet wholly undone."""

    id: int
    lot: LotRow
    restored: int
    forfeited: int
    left: int


def uses_of(book: Book, entry_id: int) -> list[UseState]:
    """What an entry took and nobody has put back yet, in the order of taking."""
    book.cursor.execute(
        "SELECT id, lot_id, amount, restored, forfeited FROM points_lotuse "
        "WHERE entry_id = %s AND amount > 0 AND bucket <> 'clawed' ORDER BY id",
        [entry_id],
    )
    found = book.cursor.fetchall()
    lots: dict[int, LotRow] = {}
    for window in rows.chunks(sorted({row[1] for row in found}), 500):
        for lot in book.load_lots(f"id IN ({rows.in_list(window)})", window):
            lots[lot.id] = lot
    return [
        UseState(use, lots[lot], restored, forfeited, amount - restored - forfeited)
        for use, lot, amount, restored, forfeited in found
    ]


def capture(book: Book, account: AccountRow, note: Note, *, entry_id: int, points: int) -> EntryRow:
    """Use what a hold reserved."""
    refuse_frozen(account)
    entry = book.post(
        account, kind="capture", d_held=-points, relates_to_id=entry_id, **note.entry()
    )
    for use in uses_of(book, entry_id):
        use.lot.held -= use.left
        use.lot.remaining -= use.left
        use.lot.spent += use.left
        book.change(use.lot)
    return entry


def release(book: Book, account: AccountRow, note: Note, *, entry_id: int, points: int) -> EntryRow:
    """Give back what a hold reserved; debt that arose meanwhile is paid from it."""
    part = policies.pay_debt_first(points, account.debt)
    entry = book.post(
        account,
        kind="release",
        d_held=-points,
        d_available=part.to_balance,
        d_debt=-part.to_debt,
        relates_to_id=entry_id,
        **note.entry(),
    )
    uses = uses_of(book, entry_id)
    for use in uses:
        use.lot.held -= use.left
        book.change(use.lot)
        book.use(entry, use.lot, -use.left, "held", undoes_id=use.id)
        book.undo_use(use.id, restored=use.restored + use.left, forfeited=use.forfeited)
    _claw(book, entry, [use.lot for use in uses], part.to_debt)
    return entry


def _claw(book: Book, entry: EntryRow, lots: Iterable[LotRow], points: int) -> list[Slice]:
    """Take `points` of debt or claw-back out of free points of these lots, in their order."""
    known = {lot.id: lot for lot in lots}
    slices, _ = policies.take(((lot.id, lot.free) for lot in known.values()), points)
    for part in slices:
        lot = known[part.lot]
        lot.remaining -= part.points
        lot.clawed += part.points
        book.change(lot)
        book.use(entry, lot, part.points, "clawed")
    return slices


def restore(
    book: Book,
    account: AccountRow,
    note: Note,
    *,
    entry_id: int,
    points: int | None,
    grace_until: datetime | None,
) -> EntryRow:
    """Undo a spend, wholly or in part, into the very lots it took from (F48).

    Where a lot's day has passed, its part comes back as a new lot until `grace_until`, or not at
    all when there is no grace; either way it cannot be given back twice.
    """
    uses = uses_of(book, entry_id)
    left = sum(use.left for use in uses)
    wanted = left if points is None else points
    undone, excess = policies.put_back(
        # A lot whose expiry is booked cannot live again, even for a late message.
        [
            (n, use.lot.id, use.left, note.at if use.lot.expired else use.lot.expires_at)
            for n, use in enumerate(uses)
        ],
        wanted,
        note.at,
    )
    if excess or not wanted:
        raise RestoreExceedsUse(left=left)
    alive = sum(part.points for part in undone if part.is_alive)
    lapsed = wanted - alive
    again = lapsed if grace_until is not None else 0
    part = policies.pay_debt_first(alive + again, account.debt)
    extra: dict[str, Any] = {"restored": alive}
    if lapsed:
        extra |= {"lapsed": lapsed, "regranted": again}
    entry = book.post(
        account,
        kind="restore",
        d_available=part.to_balance,
        d_debt=-part.to_debt,
        relates_to_id=entry_id,
        **note.entry(**extra),
    )
    revived: list[LotRow] = []
    for undo in undone:
        use = uses[undo.use]
        if undo.is_alive:
            use.lot.spent -= undo.points
            use.lot.remaining += undo.points
            book.change(use.lot)
            book.use(entry, use.lot, -undo.points, "spent", undoes_id=use.id)
            revived.append(use.lot)
        book.undo_use(
            use.id,
            restored=use.restored + (undo.points if undo.is_alive else 0),
            forfeited=use.forfeited + (0 if undo.is_alive else undo.points),
        )
    revived.reverse()  # debt takes the soonest expiry first
    if again:
        revived.append(book.grant(entry, points=again, earned_at=note.at, expires_at=grace_until))
    _claw(book, entry, sorted(revived, key=lambda lot: (lot.expires_at, lot.id)), part.to_debt)
    return entry


def claw_back(
    book: Book,
    account: AccountRow,
    note: Note,
    *,
    points: int,
    earned_by_id: int | None,
    policy: DebtPolicy,
    live: Iterable[LotRow] | None = None,
) -> EntryRow:
    """Take back what a purchase earned (F74): its own lot, then the soonest expiry, then debt.

    What had lapsed of the purchase's own lot counts as taken: nobody pays with other points for
    points that expired unused. `live` gives the open lots when the caller has them loaded.
    """
    own = [] if earned_by_id is None else _own_lots(book, account, earned_by_id)
    from_own, need = policies.take(((lot.id, lot.free) for lot in own), points)
    settled, need = policies.take(((lot.id, lot.expired - lot.settled) for lot in own), need)
    own_ids = {lot.id for lot in own}
    others: dict[int, LotRow] = {}

    def offered() -> Iterator[tuple[int, int]]:
        for lot in live_lots(book, account, note.at) if live is None else live:
            if lot.id not in own_ids and lot.state == "open" and lot.expires_at > note.at:
                others[lot.id] = lot
                yield lot.id, lot.free

    from_others, short = policies.take(offered(), need)
    debt = short if policy is DebtPolicy.OWE else 0
    by_id = {lot.id: lot for lot in own} | others
    taken = [(by_id[part.lot], part.points) for part in from_own + from_others]
    from_pending = sum(part for lot, part in taken if lot.state == "pending")
    extra = {
        "points": points,
        "own": sum(part.points for part in from_own),
        "others": sum(part.points for part in from_others),
        "lapsed": sum(part.points for part in settled),
        "debt": debt,
        "shortfall": short - debt,
    }
    entry = book.post(
        account,
        kind="clawback",
        d_available=from_pending - sum(part for _, part in taken),
        d_pending=-from_pending,
        d_debt=debt,
        relates_to_id=earned_by_id,
        **note.entry(clawback=extra),
    )
    for lot, part in taken:
        lot.remaining -= part
        lot.clawed += part
        book.change(lot)
        book.use(entry, lot, part, "clawed")
    for slice_ in settled:
        by_id[slice_.lot].settled += slice_.points
        book.change(by_id[slice_.lot])
    return entry


def _own_lots(book: Book, account: AccountRow, entry_id: int) -> list[LotRow]:
    """The lots that an entry of this account granted, also when they are not written yet."""
    fresh = [lot for lot in book.lots.values() if lot.entry_id == entry_id]
    if fresh:
        return fresh
    return book.load_lots("account_id = %s AND entry_id = %s ORDER BY id", [account.id, entry_id])


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
    _claw(book, entry, [lot], part.to_debt)
    return entry


def transfer(
    book: Book, giver: AccountRow, receiver: AccountRow, note: Note, *, points: int
) -> tuple[EntryRow, EntryRow]:
    """Move points with their expiry (F73): for every lot taken, a lot of the same day arrives."""
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
        book.grant(into, points=part, earned_at=lot.earned_at, expires_at=lot.expires_at)
        for lot, part in taken
    ]
    _claw(book, into, arrived, paid.to_debt)
    return out, into


def set_status(book: Book, account: AccountRow, note: Note, *, is_frozen: bool) -> EntryRow:
    """Freeze or thaw; the entry keeps who and why in the chain of hashes."""
    account.status = "frozen" if is_frozen else "active"
    account.frozen_reason = str(note.explanation.get("reason", "")) if is_frozen else ""
    return book.post(account, kind="freeze" if is_frozen else "unfreeze", **note.entry())


def expire(book: Book, account: AccountRow, note: Note, *, points: int) -> EntryRow:
    """Book `points` of lapsed lots; the caller closes the lots themselves, set by set."""
    return book.post(account, kind="expire", d_available=-points, **note.entry())
