"""Undoing: holds that end, spends that come back, purchases that are returned.

The other half of `points.services.operations`, under the same rules.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points import policies
from points.exceptions import RestoreExceedsUse
from points.policies import DebtPolicy
from points.services import carried, operations, rows
from points.services.book import Book
from points.services.operations import Note
from points.services.rows import AccountRow, EntryRow, LotRow


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
        among, parameters = rows.any_of(window)
        for lot in book.load_lots(f"id {among}", parameters):
            lots[lot.id] = lot
    return [
        UseState(use, lots[lot], restored, forfeited, amount - restored - forfeited)
        for use, lot, amount, restored, forfeited in found
    ]


def capture(book: Book, account: AccountRow, note: Note, *, entry_id: int, points: int) -> EntryRow:
    """Use what a hold reserved."""
    operations.refuse_frozen(account)
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
    operations.pay_debt(book, entry, [use.lot for use in uses], part.to_debt)
    return entry


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
    if again:
        revived.append(book.grant(entry, points=again, earned_at=note.at, expires_at=grace_until))
    operations.pay_debt(
        book, entry, sorted(revived, key=lambda lot: (lot.expires_at, lot.id)), part.to_debt
    )
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
    points that expired unused. Nor does somebody who was erased: their points were forfeited, and
    nobody could ask them for a debt. What the till shall deduct is told in yuan at the rate of now.
    `live` gives the open lots when the caller has them loaded.
    """
    own = [] if earned_by_id is None else _own_lots(book, account, earned_by_id)
    from_own, need = policies.take(((lot.id, lot.free) for lot in own), points)
    settled, need = policies.take(((lot.id, lot.expired - lot.settled) for lot in own), need)
    own_ids = {lot.id for lot in own}
    others: dict[int, LotRow] = {}

    def offered() -> Iterator[tuple[int, int]]:
        for lot in operations.live_lots(book, account, note.at) if live is None else live:
            if lot.id not in own_ids and lot.state == "open" and lot.expires_at > note.at:
                others[lot.id] = lot
                yield lot.id, lot.free

    from_others, short = policies.take(offered(), need)
    if short and policy is not DebtPolicy.FORGIVE and book.is_erased(account):
        policy = DebtPolicy.FORGIVE
    debt = short if policy is DebtPolicy.OWE else 0
    by_id = {lot.id: lot for lot in own} | others
    taken = [(by_id[part.lot], part.points) for part in from_own + from_others]
    from_pending = sum(part for lot, part in taken if lot.state == "pending")
    extra: dict[str, Any] = {
        "policy": policy.value,
        "points": points,
        "own": sum(part.points for part in from_own),
        "others": sum(part.points for part in from_others),
        "lapsed": sum(part.points for part in settled),
        "debt": debt,
        "shortfall": short - debt,
    }
    if short and policy is DebtPolicy.TILL:
        extra["deduct"] = str(policies.in_yuan(short, book.points_per_yuan))
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
    own = book.load_lots("account_id = %s AND entry_id = %s ORDER BY id", [account.id, entry_id])
    return own or carried.lots(book, account, entry_id)
