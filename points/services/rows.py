"""The rows of the ledger as plain data, and how they are written in bulk.

Through the ORM a posting costs many times the work itself (docs/decisions/0006-ledger-paths.md), so
the ledger's inner loop reads and writes plain rows. The few statements that differ between the
databases ask `is_postgresql`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection

from points.exceptions import ReferenceConflict


@dataclass(slots=True)
class AccountRow:
    id: int
    member_id: int
    status: str
    frozen_reason: str
    available: int
    held: int
    pending: int
    debt: int
    seq: int
    chain: bytes
    earned_total: int
    spent_total: int
    expired_total: int
    clawed_total: int


ACCOUNT_COLUMNS = (
    "id, member_id, status, frozen_reason, available, held, pending, debt, seq, chain, "
    "earned_total, spent_total, expired_total, clawed_total"
)


@dataclass(slots=True)
class LotRow:
    id: int
    account_id: int
    entry_id: int
    granted: int
    remaining: int
    held: int
    spent: int
    expired: int
    settled: int
    clawed: int
    state: str
    earned_at: datetime
    usable_at: datetime
    expires_at: datetime
    store_id: int | None

    @property
    def free(self) -> int:
        return self.remaining - self.held

    def values(self) -> tuple[Any, ...]:
        """As the columns above name them."""
        return (
            self.id,
            self.account_id,
            self.entry_id,
            self.granted,
            self.remaining,
            self.held,
            self.spent,
            self.expired,
            self.settled,
            self.clawed,
            self.state,
            stamp(self.earned_at),
            stamp(self.usable_at),
            stamp(self.expires_at),
            self.store_id,
        )


LOT_COLUMNS = (
    "id, account_id, entry_id, granted, remaining, held, spent, expired, settled, clawed, state, "
    "earned_at, usable_at, expires_at, store_id"
)


@dataclass(slots=True)
class EntryRow:
    id: int
    account_id: int
    seq: int
    kind: str
    reference: str
    fingerprint: str
    d_available: int
    d_held: int
    d_pending: int
    d_debt: int
    available_after: int
    held_after: int
    pending_after: int
    debt_after: int
    relates_to_id: int | None
    source: str
    store_id: int | None
    actor: str
    rule_version: str
    explanation: str
    occurred_at: datetime
    created_at: datetime
    hash: bytes

    def values(self) -> tuple[Any, ...]:
        """As the columns above name them."""
        return (
            self.id,
            self.account_id,
            self.seq,
            self.kind,
            self.reference,
            self.fingerprint,
            self.d_available,
            self.d_held,
            self.d_pending,
            self.d_debt,
            self.available_after,
            self.held_after,
            self.pending_after,
            self.debt_after,
            self.relates_to_id,
            self.source,
            self.store_id,
            self.actor,
            self.rule_version,
            self.explanation,
            stamp(self.occurred_at),
            stamp(self.created_at),
            self.hash,
        )


ENTRY_COLUMNS = (
    "id, account_id, seq, kind, reference, fingerprint, d_available, d_held, d_pending, d_debt, "
    "available_after, held_after, pending_after, debt_after, relates_to_id, source, store_id, "
    "actor, rule_version, explanation, occurred_at, created_at, hash"
)


@dataclass(slots=True)
class UseRow:
    entry_id: int
    lot_id: int
    bucket: str
    amount: int
    undoes_id: int | None = None


USE_COLUMNS = "entry_id, lot_id, bucket, amount, restored, forfeited, undoes_id"


@dataclass(frozen=True, slots=True)
class Posting:
    """What a write to the ledger answers; a repeat of the same reference answers the same.

    `amount` is signed points as a person sees them; the other figures are the account's after it.
    Of a claw-back, `shortfall` is the points that could not be taken and did not become debt, and
    `deduct` is their worth in yuan where the till shall keep it from the refund; None elsewhere.
    """

    entry_id: int
    account_id: int
    seq: int
    kind: str
    amount: int
    available: int
    held: int
    pending: int
    debt: int
    is_replay: bool = False
    shortfall: int = 0
    deduct: Decimal | None = None


def posting(entry: EntryRow, *, is_replay: bool = False) -> Posting:
    shortfall, deduct = _shortfall(entry)
    return Posting(
        entry_id=entry.id,
        account_id=entry.account_id,
        seq=entry.seq,
        kind=entry.kind,
        amount=signed(entry.kind, entry.d_available, entry.d_held, entry.d_pending, entry.d_debt),
        available=entry.available_after,
        held=entry.held_after,
        pending=entry.pending_after,
        debt=entry.debt_after,
        is_replay=is_replay,
        shortfall=shortfall,
        deduct=deduct,
    )


def _shortfall(entry: EntryRow) -> tuple[int, Decimal | None]:
    """What a claw-back left open, as it was explained then: settings may have changed since."""
    if entry.kind != "clawback":
        return 0, None
    told = json.loads(entry.explanation)["clawback"]
    return told["shortfall"], Decimal(told["deduct"]) if "deduct" in told else None


def signed(kind: str, d_available: int, d_held: int, d_pending: int, d_debt: int) -> int:
    """Signed points of an entry as a person sees them: as `Entry.amount`."""
    if kind in ("hold", "release"):
        return -d_held
    if kind == "mature":
        return -d_pending
    return d_available + d_held + d_pending - d_debt


def repeat(entry: EntryRow, fingerprint: str) -> Posting:
    if entry.fingerprint != fingerprint:
        raise ReferenceConflict(reference=entry.reference)
    return posting(entry, is_replay=True)


@cache
def is_postgresql() -> bool:
    """Asked many times an operation, and the same for the life of the process."""
    return connection.vendor == "postgresql"


@cache
def _qmark(sql: str) -> str:
    return sql.replace("%s", "?")


class EmbeddedCursor:
    """SQLite's own cursor, with Django's errors.

    Django's wrapper rewrites the placeholders of every statement anew; on SQLite, where there is
    no network to wait for, that is a fifth of a spend (docs/decisions/0006-ledger-paths.md).
    """

    def __init__(self) -> None:
        connection.ensure_connection()
        self._cursor = connection.connection.cursor()
        self.fetchone = self._cursor.fetchone
        self.fetchall = self._cursor.fetchall

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        with connection.wrap_database_errors:
            self._cursor.execute(_qmark(sql), parameters)

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        with connection.wrap_database_errors:
            self._cursor.executemany(_qmark(sql), parameters)


def cursor() -> Any:
    """The cursor of the ledger's inner loop on this database; Django's when queries are logged."""
    if is_postgresql() or connection.queries_logged:
        return connection.cursor()
    return EmbeddedCursor()


def stamp(instant: datetime) -> Any:
    """An aware instant as a parameter of plain SQL on this database, as Django stores it."""
    return instant if is_postgresql() else str(instant.astimezone(UTC).replace(tzinfo=None))


def aware(value: Any) -> datetime:
    """An instant as plain SQL on this database returns it, made aware."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    instant: datetime = value
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def lot_row(values: Sequence[Any]) -> LotRow:
    row = LotRow(*values)
    row.earned_at = aware(row.earned_at)
    row.usable_at = aware(row.usable_at)
    row.expires_at = aware(row.expires_at)
    return row


def account_row(values: Sequence[Any]) -> AccountRow:
    row = AccountRow(*values)
    row.chain = bytes(row.chain)
    return row


def in_list(values: Sequence[Any]) -> str:
    """Placeholders for `IN (…)`; callers keep the list within a window."""
    return ", ".join(["%s"] * len(values))


def any_of(values: Sequence[Any]) -> tuple[str, list[Any]]:
    """A condition on a column (`… any_of`) and its parameters.

    One array on PostgreSQL: the statement's text stays the same, so it is parsed and planned once.
    """
    if is_postgresql():
        return "= ANY(%s)", [list(values)]
    return f"IN ({in_list(values)})", list(values)


def insert(cursor: Any, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows in their order: COPY for many on PostgreSQL, otherwise `executemany`."""
    if not rows:
        return
    if is_postgresql() and len(rows) > 8:
        with cursor.cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    sql = f"INSERT INTO {table} ({columns}) VALUES ({in_list(rows[0])})"  # noqa: S608 - constants
    if len(rows) == 1:
        cursor.execute(sql, rows[0])
    else:
        cursor.executemany(sql, rows)


def update(
    cursor: Any,
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Set `columns` (name, PostgreSQL type) by id; each row is (id, value, …) in that order."""
    if not rows:
        return
    names = [name for name, _ in columns]
    if is_postgresql() and len(rows) > 8:
        assignments = ", ".join(f"{name} = v.{name}" for name in names)
        arrays = ", ".join(["%s::bigint[]", *(f"%s::{kind}[]" for _, kind in columns)])
        cursor.execute(
            f"UPDATE {table} t SET {assignments} "  # noqa: S608 - names are constants
            f"FROM unnest({arrays}) AS v(id, {', '.join(names)}) WHERE t.id = v.id",
            [list(column) for column in zip(*rows, strict=True)],
        )
        return
    assignments = ", ".join(f"{name} = %s" for name in names)
    sql = f"UPDATE {table} SET {assignments} WHERE id = %s"  # noqa: S608 - constants
    parameters = [(*row[1:], row[0]) for row in rows]
    if len(parameters) == 1:
        cursor.execute(sql, parameters[0])
    else:
        cursor.executemany(sql, parameters)


def reserve(cursor: Any, table: str, count: int) -> list[int]:
    """Ids for rows that are about to be inserted, so that rows can name each other beforehand.

    On SQLite the writer is alone (`BEGIN IMMEDIATE`), so the next numbers are simply its own.
    """
    if is_postgresql():
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
    last = cursor.fetchone()
    first = (last[0] if last else 0) + 1
    return list(range(first, first + count))


def chunks(values: Iterable[Any], size: int) -> Iterable[list[Any]]:
    """Lists of at most `size`; keeps statements within a database's limits."""
    window: list[Any] = []
    for value in values:
        window.append(value)
        if len(window) == size:
            yield window
            window = []
    if window:
        yield window
