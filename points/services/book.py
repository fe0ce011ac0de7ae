"""One transaction's view of the ledger: what is locked, what it becomes, written at the end.

A `Book` is the portable path, right on either database. Operations (`points.services.operations`)
change rows in memory by the arithmetic of `points.policies`; `flush` writes them set by set, so
one receipt and five hundred receipts take the same statements.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection, transaction

from points.exceptions import AccountNotFound
from points.policies import GENESIS, NEVER, chain_hash, microseconds
from points.selectors import balances
from points.services import rows
from points.services.rows import AccountRow, EntryRow, LotRow, Posting, UseRow

WINDOW = 500
"""Rows named in one statement; also how many accounts one transaction of a job may lock."""

CREDITS = frozenset({"earn", "mature", "transfer_in"})
DEBITS = frozenset({"spend", "capture", "transfer_out", "restore"})


class Book:
    """Locked accounts and the changes to them. Use within one `transaction.atomic()`."""

    def __init__(self, *, recorded_at: datetime, expected: int = 1, unit: str = "points") -> None:
        if not connection.in_atomic_block:
            raise transaction.TransactionManagementError("A book needs a transaction.")
        self.recorded_at = recorded_at
        self.unit = unit
        self.cursor: Any = rows.cursor()
        self.accounts: dict[int, AccountRow] = {}
        self.by_member: dict[int, AccountRow] = {}
        self.lots: dict[int, LotRow] = {}
        self.entries: list[EntryRow] = []
        self._expected = max(expected, 1)
        self._erased: set[int] | None = None
        self._ids: dict[str, list[int]] = {}
        self._new_lots: list[LotRow] = []
        self._changed_lots: dict[int, LotRow] = {}
        self._changed_accounts: dict[int, AccountRow] = {}
        self._uses: list[UseRow] = []
        self._undone: dict[int, tuple[int, int]] = {}

    @cached_property
    def points_per_yuan(self) -> int:
        """The merchant's rate, read once and only by who needs it."""
        return balances.ledger_settings().points_per_yuan

    # -- reading under the lock

    def lock_members(self, member_ids: Iterable[int]) -> None:
        """Lock the members' accounts in the order of their ids, opening those that are missing.

        `FOR NO KEY UPDATE`: a plain `FOR UPDATE` would block every foreign-key check.
        """
        wanted = sorted(set(member_ids) - self.by_member.keys())
        for window in rows.chunks(wanted, WINDOW):
            self._lock_members(window)
            missing = [member for member in window if member not in self.by_member]
            if missing:
                self._open(missing)
                self._lock_members(missing)

    def lock_accounts(self, account_ids: Iterable[int]) -> None:
        for window in rows.chunks(sorted(set(account_ids) - self.accounts.keys()), WINDOW):
            among, parameters = rows.any_of(window)
            self._lock(f"id {among}", parameters)

    def _lock_members(self, member_ids: Sequence[int]) -> None:
        among, parameters = rows.any_of(member_ids)
        self._lock(f"unit = %s AND member_id {among}", [self.unit, *parameters])

    def _lock(self, condition: str, parameters: Sequence[Any], suffix: str = "") -> None:
        lock = f" FOR NO KEY UPDATE{suffix}" if rows.is_postgresql() else ""
        self.cursor.execute(
            f"SELECT {rows.ACCOUNT_COLUMNS} FROM points_account "  # noqa: S608 - constants
            f"WHERE {condition} ORDER BY id{lock}",
            parameters,
        )
        for values in self.cursor.fetchall():
            account = rows.account_row(values)
            self.accounts[account.id] = account
            self.by_member[account.member_id] = account

    def try_lock_accounts(self, account_ids: Sequence[int]) -> None:
        """Lock those of the accounts that nobody else holds; the others are left out."""
        if account_ids:
            among, parameters = rows.any_of(account_ids)
            self._lock(f"id {among}", parameters, " SKIP LOCKED")

    def _open(self, member_ids: Sequence[int]) -> None:
        columns = (
            "member_id, unit, status, frozen_reason, available, held, pending, debt, seq, chain, "
            "earned_total, spent_total, expired_total, clawed_total, opened_at"
        )
        zeros = (0, 0, 0, 0, 0, GENESIS, 0, 0, 0, 0, rows.stamp(self.recorded_at))
        values = [(member, self.unit, "active", "", *zeros) for member in member_ids]
        sql = (
            f"INSERT INTO points_account ({columns}) VALUES ({rows.in_list(values[0])}) "  # noqa: S608 - constants
            "ON CONFLICT DO NOTHING"
        )
        self.cursor.executemany(sql, values)

    def locked(self, member_id: int) -> AccountRow:
        """Lock one member's account."""
        self.lock_members([member_id])
        return self.member(member_id)

    def member(self, member_id: int) -> AccountRow:
        try:
            return self.by_member[member_id]
        except KeyError:
            raise AccountNotFound from None

    def is_erased(self, account: AccountRow) -> bool:
        """Whether the account is that of somebody who left. One query for all that are locked."""
        if self._erased is None:
            among, parameters = rows.any_of(sorted(self.by_member))
            self.cursor.execute(
                f"SELECT id FROM members_member WHERE erased_at IS NOT NULL AND id {among}",  # noqa: S608 - constants
                parameters,
            )
            self._erased = {row[0] for row in self.cursor.fetchall()}
        return account.member_id in self._erased

    def answered(self, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], EntryRow]:
        """Entries that already carry one of the (account, reference) keys."""
        found: dict[tuple[int, str], EntryRow] = {}
        for window in rows.chunks(keys, WINDOW):
            if rows.is_postgresql():
                pairs = "SELECT * FROM unnest(%s::bigint[], %s::text[])"
                parameters: list[Any] = [list(column) for column in zip(*window, strict=True)]
            else:
                pairs = f"VALUES {', '.join(['(%s, %s)'] * len(window))}"
                parameters = [part for key in window for part in key]
            self.cursor.execute(
                f"SELECT {rows.ENTRY_COLUMNS} FROM points_entry "  # noqa: S608 - constants
                f"WHERE (account_id, reference) IN ({pairs})",
                parameters,
            )
            for row in self.cursor.fetchall():
                entry = EntryRow(*row)
                found[entry.account_id, entry.reference] = entry
        return found

    def replay(self, account: AccountRow, reference: str, fingerprint: str) -> Posting | None:
        """The first answer to this reference, if there was one; other content is a conflict."""
        entry = self.find(account, reference)
        if entry is None:
            return None
        return rows.repeat(entry, fingerprint)

    def find(self, account: AccountRow, reference: str) -> EntryRow | None:
        self.cursor.execute(
            f"SELECT {rows.ENTRY_COLUMNS} FROM points_entry "  # noqa: S608 - constants
            "WHERE account_id = %s AND reference = %s",
            [account.id, reference],
        )
        found = self.cursor.fetchone()
        return None if found is None else EntryRow(*found)

    def load_lots(self, condition: str, parameters: Sequence[Any]) -> list[LotRow]:
        """Lots by a constant condition; a lot that this book already knows keeps its state here."""
        self.cursor.execute(
            f"SELECT {rows.LOT_COLUMNS} FROM points_lot WHERE {condition}",  # noqa: S608 - constants
            parameters,
        )
        return [self._known(rows.lot_row(values)) for values in self.cursor.fetchall()]

    def _known(self, lot: LotRow) -> LotRow:
        return self.lots.setdefault(lot.id, lot)

    # -- changing

    def _next_id(self, table: str) -> int:
        ids = self._ids.get(table)
        if not ids:
            ids = rows.reserve(self.cursor, table, self._expected)
            if not rows.is_postgresql():
                # SQLite counts only what is written; this book's own rows come on top.
                used = len(self.entries if table == "points_entry" else self._new_lots)
                ids = [number + used for number in ids]
            ids.reverse()
            self._ids[table] = ids
        return ids.pop()

    def post(
        self,
        account: AccountRow,
        *,
        kind: str,
        reference: str,
        fingerprint: str,
        source: str,
        actor: str,
        at: datetime,
        explanation: str,
        d_available: int = 0,
        d_held: int = 0,
        d_pending: int = 0,
        d_debt: int = 0,
        relates_to_id: int | None = None,
        store_id: int | None = None,
        rule_version: str = "",
    ) -> EntryRow:
        """Append an entry to the account and carry its figures, totals and chain forward."""
        account.available += d_available
        account.held += d_held
        account.pending += d_pending
        account.debt += d_debt
        account.seq += 1
        self._count(account, kind, d_available + d_held - d_debt)
        account.chain = chain_hash(
            account.chain,
            (
                *(account.id, account.seq, kind, reference, fingerprint),
                *(d_available, d_held, d_pending, d_debt),
                *(account.available, account.held, account.pending, account.debt),
                *(relates_to_id, source, store_id, actor, rule_version),
                *(microseconds(at), microseconds(self.recorded_at), explanation),
            ),
        )
        entry = EntryRow(
            id=self._next_id("points_entry"),
            account_id=account.id,
            seq=account.seq,
            kind=kind,
            reference=reference,
            fingerprint=fingerprint,
            d_available=d_available,
            d_held=d_held,
            d_pending=d_pending,
            d_debt=d_debt,
            available_after=account.available,
            held_after=account.held,
            pending_after=account.pending,
            debt_after=account.debt,
            relates_to_id=relates_to_id,
            source=source,
            store_id=store_id,
            actor=actor,
            rule_version=rule_version,
            explanation=explanation,
            occurred_at=at,
            created_at=self.recorded_at,
            hash=account.chain,
        )
        self.entries.append(entry)
        self._changed_accounts[account.id] = account
        return entry

    @staticmethod
    def _count(account: AccountRow, kind: str, net: int) -> None:
        if kind in CREDITS or (kind == "adjust" and net > 0):
            account.earned_total += net
        elif kind in DEBITS or kind == "adjust":
            account.spent_total -= net
        elif kind == "expire":
            account.expired_total -= net
        elif kind == "clawback":
            account.clawed_total -= net

    def grant(
        self,
        entry: EntryRow,
        *,
        points: int,
        earned_at: datetime,
        expires_at: datetime | None,
        usable_at: datetime | None = None,
        state: str = "open",
    ) -> LotRow:
        lot = LotRow(
            id=self._next_id("points_lot"),
            account_id=entry.account_id,
            entry_id=entry.id,
            granted=points,
            remaining=points,
            held=0,
            spent=0,
            expired=0,
            settled=0,
            clawed=0,
            state=state,
            earned_at=earned_at,
            usable_at=usable_at or earned_at,
            expires_at=expires_at or NEVER,
            store_id=entry.store_id,
        )
        self._new_lots.append(lot)
        self.lots[lot.id] = lot
        return lot

    def change(self, lot: LotRow) -> None:
        """Note that the lot's figures changed; its state follows from what remains."""
        if not lot.remaining:
            lot.state = "closed"
        elif lot.state == "closed":
            lot.state = "open"
        self._changed_lots[lot.id] = lot

    def use(
        self,
        entry: EntryRow,
        lot: LotRow,
        amount: int,
        bucket: str,
        undoes_id: int | None = None,
    ) -> None:
        self._uses.append(UseRow(entry.id, lot.id, bucket, amount, undoes_id))

    def undo_use(self, use_id: int, *, restored: int, forfeited: int) -> None:
        self._undone[use_id] = (restored, forfeited)

    # -- writing

    def flush(self) -> None:
        """Write everything: entries, then lots and their uses, then the accounts they add up to."""
        stamp = rows.stamp
        rows.insert(
            self.cursor,
            "points_entry",
            rows.ENTRY_COLUMNS,
            [entry.values() for entry in self.entries],
        )
        rows.insert(
            self.cursor,
            "points_lot",
            f"{rows.LOT_COLUMNS}",
            [lot.values() for lot in self._new_lots],
        )
        fresh = {lot.id for lot in self._new_lots}
        rows.update(
            self.cursor,
            "points_lot",
            [(name, "bigint") for name in ("remaining", "held", "spent", "settled", "clawed")]
            + [("state", "text"), ("usable_at", "timestamptz")],
            [
                (
                    lot.id,
                    lot.remaining,
                    lot.held,
                    lot.spent,
                    lot.settled,
                    lot.clawed,
                    lot.state,
                    stamp(lot.usable_at),
                )
                for lot in self._changed_lots.values()
                if lot.id not in fresh
            ],
        )
        rows.insert(
            self.cursor,
            "points_lotuse",
            rows.USE_COLUMNS,
            [
                (use.entry_id, use.lot_id, use.bucket, use.amount, 0, 0, use.undoes_id)
                for use in self._uses
            ],
        )
        rows.update(
            self.cursor,
            "points_lotuse",
            [("restored", "bigint"), ("forfeited", "bigint")],
            [(use, *parts) for use, parts in self._undone.items()],
        )
        self._write_accounts()
        self.entries, self._new_lots, self._uses = [], [], []
        self._changed_lots, self._undone, self._changed_accounts = {}, {}, {}
        self._ids = {}

    def _write_accounts(self) -> None:
        figures = ["available", "held", "pending", "debt", "seq"]
        totals = ["earned_total", "spent_total", "expired_total", "clawed_total"]
        rows.update(
            self.cursor,
            "points_account",
            [(name, "bigint") for name in figures + totals]
            + [("chain", "bytea"), ("status", "text"), ("frozen_reason", "text")],
            [
                (
                    account.id,
                    *(getattr(account, name) for name in figures + totals),
                    account.chain,
                    account.status,
                    account.frozen_reason,
                )
                for account in self._changed_accounts.values()
            ],
        )
