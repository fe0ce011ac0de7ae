"""A file's rows, put in order on disk: memory stays the same for a thousand rows and a million.

A receipt's rows may stand anywhere in the file, and receipts have to be posted in the order in
which they happened. So the rows go through a temporary SQLite file, which groups and sorts them.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from sales.policies.receipts import Fault, LineInput, ReceiptInput
from sales.services import mapping
from sales.services.mapping import NOTHING_MORE, Reader, RowLine

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
PRAGMA temp_store = FILE;
CREATE TABLE row (
    row INTEGER NOT NULL, number TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
    member TEXT NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL, quantity TEXT NOT NULL,
    price TEXT NOT NULL, amount TEXT, sale_line INTEGER, original TEXT NOT NULL,
    channel TEXT NOT NULL, line_kind TEXT NOT NULL, category TEXT NOT NULL
);
CREATE TABLE more (
    number TEXT NOT NULL, business TEXT, completed INTEGER, coupon TEXT, points TEXT
);
CREATE TABLE newcomer (member TEXT PRIMARY KEY);
CREATE TABLE issue (
    row INTEGER NOT NULL, number TEXT NOT NULL, field TEXT NOT NULL, code TEXT NOT NULL,
    params TEXT NOT NULL
);
"""
# Sales before returns of the same minute: what was bought has to be there to come back.
_ORDER = """
CREATE INDEX row_number ON row (number, row);
CREATE INDEX issue_number ON issue (number);
CREATE TABLE receipt AS
    SELECT number, MIN(at) AS at, MIN(kind) AS kind, MAX(kind) AS other_kind,
        MAX(member) AS member, MIN(NULLIF(member, '')) AS other_member,
        MAX(original) AS original, MIN(NULLIF(original, '')) AS other_original,
        MAX(channel) AS channel, MIN(NULLIF(channel, '')) AS other_channel, COUNT(*) AS rows
    FROM row GROUP BY number;
INSERT INTO issue
    SELECT r.row, r.number, '', {mixed}, '{{}}' FROM receipt p JOIN row r ON r.number = p.number
    WHERE {mixed} IS NOT NULL;
CREATE TABLE head AS
    SELECT number, MAX(business) AS business, MIN(business) AS other_business,
        MAX(completed) AS completed, MIN(completed) AS other_completed,
        MAX(coupon) AS coupon, MIN(coupon) AS other_coupon,
        MAX(points) AS points, MIN(points) AS other_points
    FROM more GROUP BY number;
CREATE INDEX head_number ON head (number);
INSERT INTO issue
    SELECT r.row, r.number, '', {differing}, '{{}}' FROM head h JOIN row r ON r.number = h.number
    WHERE {differing} IS NOT NULL AND r.row NOT IN (SELECT row FROM issue);
INSERT INTO issue
    SELECT r.row, r.number, '', 'receipt_incomplete', '{{}}' FROM row r
    WHERE r.number IN (SELECT number FROM issue WHERE number <> '')
      AND r.row NOT IN (SELECT row FROM issue);
DELETE FROM receipt WHERE number IN (SELECT number FROM issue);
CREATE TABLE place AS
    SELECT number, at, kind, member, original, channel, rows FROM receipt
    ORDER BY at, kind = 'return', number;
DROP TABLE receipt;
CREATE INDEX issue_row ON issue (row);
"""
_MIXED = """CASE
        WHEN p.kind <> p.other_kind THEN 'mixed_kinds'
        WHEN p.other_member <> p.member THEN 'mixed_members'
        WHEN p.other_original <> p.original THEN 'mixed_originals'
        WHEN p.other_channel <> p.channel THEN 'mixed_channels'
    END"""
_DIFFERING = """CASE
        WHEN h.other_business <> h.business THEN 'mixed_businesses'
        WHEN h.other_completed <> h.completed THEN 'mixed_completions'
        WHEN h.other_coupon <> h.coupon OR h.other_points <> h.points THEN 'mixed_payments'
    END"""
_WINDOW = 2000
_NO_HEAD = (None, None, None, None)


class Issue(NamedTuple):
    """A refused row: `field` is ours, not the file's column."""

    row: int
    number: str
    field: str
    code: str
    params: dict[str, Any]


class Group(NamedTuple):
    """A receipt of the file and the rows that its lines stood in."""

    receipt: ReceiptInput
    rows: list[int]


class Spool:
    """The rows of one file. Fill it, `arrange` it, then read `groups` in order."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._rows: list[tuple[Any, ...]] = []
        self._more: list[tuple[Any, ...]] = []

    def add(self, row: int, line: RowLine) -> None:
        article = line.line
        self._rows.append(
            (
                row,
                line.number,
                line.kind,
                line.occurred_at,
                line.member,
                article.sku,
                article.name,
                str(article.quantity),
                str(article.unit_price),
                None if article.amount is None else str(article.amount),
                article.sale_line_no,
                line.original_number,
                line.channel,
                article.kind,
                article.category,
            )
        )
        if line.more != NOTHING_MORE:
            business, completed, coupon, points = line.more
            self._more.append((line.number, business, completed, _plain(coupon), _plain(points)))
        if len(self._rows) >= _WINDOW:
            self._flush()

    def refuse(self, row: int, number: str, fault: Fault) -> None:
        """Note a refused row; its receipt will not be taken in, as far as it can be told."""
        self._db.execute(
            "INSERT INTO issue VALUES (?, ?, ?, ?, ?)",
            (row, number, fault.field, fault.code, json.dumps(fault.params)),
        )

    def arrange(self) -> None:
        """Group the rows into receipts in the order of time, and refuse what does not fit."""
        self._flush()
        self._db.executescript(_ORDER.format(mixed=_MIXED, differing=_DIFFERING))

    def count(self) -> int:
        """The receipts that can be taken in."""
        return int(self._db.execute("SELECT COUNT(*) FROM place").fetchone()[0])

    def row_counts(self) -> tuple[int, int]:
        """Rows of the receipts that can be taken in, and rows refused."""
        good = self._db.execute("SELECT COALESCE(SUM(rows), 0) FROM place").fetchone()[0]
        bad = self._db.execute("SELECT COUNT(DISTINCT row) FROM issue").fetchone()[0]
        return int(good), int(bad)

    def refused_receipts(self) -> int:
        found = self._db.execute("SELECT COUNT(DISTINCT number) FROM issue WHERE number <> ''")
        return int(found.fetchone()[0])

    def issues(self, limit: int) -> Iterator[Issue]:
        for row, number, field, code, params in self._db.execute(
            "SELECT row, number, field, code, params FROM issue ORDER BY row LIMIT ?", (limit,)
        ):
            yield Issue(row, number, field, code, json.loads(params))

    def groups(self, reader: Reader, *, start: int) -> Iterator[Group]:
        """The receipts from place `start` on (0 is the first), in order."""
        window: list[tuple[Any, ...]] = []
        place = start
        while True:
            window = self._db.execute(
                "SELECT p.rowid, p.number, p.kind, p.at, p.member, p.original, p.channel, "
                "r.row, r.sku, r.name, r.quantity, r.price, r.amount, r.sale_line, "
                "r.line_kind, r.category "
                "FROM place p JOIN row r ON r.number = p.number "
                "WHERE p.rowid > ? AND p.rowid <= ? ORDER BY p.rowid, r.row",
                (place, place + _WINDOW // 10),
            ).fetchall()
            if not window:
                return
            heads = self._heads(place, place + _WINDOW // 10)
            yield from _grouped(window, heads, reader)
            place += _WINDOW // 10

    def _heads(self, after: int, last: int) -> dict[str, tuple[Any, ...]]:
        """What the receipts of a window say besides: most say nothing, most files none at all."""
        found = self._db.execute(
            "SELECT h.number, h.business, h.completed, h.coupon, h.points "
            "FROM place p JOIN head h ON h.number = p.number WHERE p.rowid > ? AND p.rowid <= ?",
            (after, last),
        )
        return {number: tuple(more) for number, *more in found}

    def find(self, number: str, reader: Reader) -> ReceiptInput | None:
        """The receipt with this number, if the file has it."""
        found = self._db.execute(
            "SELECT rowid FROM place WHERE number = ? AND kind = 'sale'", (number,)
        ).fetchone()
        if found is None:
            return None
        return next(self.groups(reader, start=found[0] - 1)).receipt

    def note_newcomers(self, members: Iterable[str]) -> int:
        """Remember members that would be created; returns how many were not known before."""
        found = self._db.executemany(
            "INSERT OR IGNORE INTO newcomer VALUES (?)", [(member,) for member in members]
        )
        return found.rowcount

    def close(self) -> None:
        self._db.close()

    def _flush(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows
        )
        self._db.executemany("INSERT INTO more VALUES (?, ?, ?, ?, ?)", self._more)
        self._db.execute("COMMIT")
        self._rows.clear()
        self._more.clear()


def _grouped(
    window: Iterable[tuple[Any, ...]], heads: dict[str, tuple[Any, ...]], reader: Reader
) -> Iterator[Group]:
    current: tuple[Any, ...] | None = None
    lines: list[LineInput] = []
    numbers: list[int] = []
    for values in window:
        head, row = values[:7], values[7]
        if head != current:
            if current is not None:
                yield _group(current, heads.get(current[1], _NO_HEAD), lines, numbers, reader)
            current, lines, numbers = head, [], []
        sku, name, quantity, price, amount, sale_line, kind, category = values[8:]
        numbers.append(row)
        lines.append(
            LineInput(
                sku,
                name,
                Decimal(quantity),
                Decimal(price),
                None if amount is None else Decimal(amount),
                sale_line,
                kind,
                category,
            )
        )
    if current is not None:
        yield _group(current, heads.get(current[1], _NO_HEAD), lines, numbers, reader)


def _group(
    head: tuple[Any, ...],
    more: tuple[Any, ...],
    lines: list[LineInput],
    rows: list[int],
    reader: Reader,
) -> Group:
    _place, number, kind, at, member, original, channel = head
    business, completed, coupon, points = more
    receipt = ReceiptInput(
        number=number,
        kind=kind,
        occurred_at=mapping.moment(at),
        lines=lines,
        member=reader.member_ref(member) if member else None,
        original_number=original,
        channel=channel,
        currency=reader.mapping.currency,
        business=business or "",
        completed_at=None if completed is None else mapping.moment(completed),
        paid_by_coupon=Decimal(coupon or 0),
        paid_by_points=Decimal(points or 0),
    )
    return Group(receipt, rows)


def _plain(amount: Decimal | None) -> str | None:
    """Equal for equal amounts, however they were written."""
    return None if amount is None else f"{amount.normalize():f}"
