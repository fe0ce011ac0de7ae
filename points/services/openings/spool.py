"""A file's rows, person by person, on disk: memory stays the same however long the file is.

A person's rows may stand anywhere in it, and name them by their number, their phone or both.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from points.services.openings.columns import FIELDS
from points.services.openings.rows import Fault, OpeningRow, shown

_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -32000;
PRAGMA temp_store = FILE;
CREATE TABLE row (row INTEGER PRIMARY KEY, {", ".join(f"{field} NOT NULL" for field in FIELDS)},
    person TEXT NOT NULL DEFAULT '');
CREATE TABLE issue (
    row INTEGER NOT NULL, field TEXT NOT NULL, code TEXT NOT NULL, value TEXT NOT NULL,
    params TEXT NOT NULL
);
CREATE TABLE previewed (
    member INTEGER NOT NULL, reference TEXT NOT NULL, figures TEXT NOT NULL,
    PRIMARY KEY (member, reference)
);
"""
# A number with two phones, or a phone with two numbers: nobody knows whose the points are, so
# none of these rows lands, nor one that names the person by that phone alone.
_LINKS = """
CREATE INDEX row_external ON row (external);
CREATE INDEX row_phone ON row (phone);
CREATE TABLE pair AS SELECT DISTINCT external, phone FROM row WHERE external <> '' AND phone <> '';
CREATE INDEX pair_external ON pair (external);
CREATE INDEX pair_phone ON pair (phone);
CREATE TABLE torn AS SELECT DISTINCT external FROM pair
    WHERE external IN (SELECT external FROM pair GROUP BY external HAVING COUNT(*) > 1)
       OR phone IN (SELECT phone FROM pair GROUP BY phone HAVING COUNT(*) > 1);
INSERT INTO issue SELECT row, 'phone', 'phone_contradicts', phone, '{}' FROM row
    WHERE external IN (SELECT external FROM torn)
       OR (external = '' AND phone IN
           (SELECT phone FROM pair WHERE external IN (SELECT external FROM torn)));
"""
_PERSONS = """
UPDATE row SET person = CASE WHEN external <> '' THEN 'e' || external
    ELSE COALESCE((SELECT 'e' || p.external FROM pair p WHERE p.phone = row.phone),
        'p' || phone) END;
CREATE INDEX row_person ON row (person, row);
"""
_TOLD_ONCE = ("name", "gender", "birthday", "joined", "store")
_CONTRADICTING = """
CREATE TEMP TABLE mixed AS SELECT person FROM row GROUP BY person
    HAVING MIN(NULLIF({field}, '')) <> MAX({field});
INSERT INTO issue SELECT row, '{field}', 'person_contradicts', {field}, '{{}}' FROM row
    WHERE {field} <> '' AND person IN (SELECT person FROM mixed);
INSERT INTO issue SELECT row, '', 'person_incomplete', '', '{{}}' FROM row
    WHERE {field} = '' AND person IN (SELECT person FROM mixed);
DROP TABLE mixed;
"""
# Which of two equal lots is meant twice nobody can tell; taken in once and numbered later,
# it would be booked again.
_TWINS = """
CREATE TEMP TABLE twin AS SELECT person, lot, earned, valid, MIN(row) AS first FROM row
    WHERE points > 0
    GROUP BY person, lot, CASE WHEN lot = '' THEN earned || '/' || valid END
    HAVING COUNT(*) > 1;
CREATE INDEX twin_person ON twin (person);
INSERT INTO issue SELECT r.row, CASE WHEN r.lot = '' THEN 'earned' ELSE 'lot' END,
        CASE WHEN r.lot = '' THEN 'lot_without_number' ELSE 'lot_twice' END,
        CASE WHEN r.lot = '' THEN r.earned ELSE r.lot END, json_object('first', t.first)
    FROM twin t JOIN row r ON r.person = t.person AND r.lot = t.lot
    WHERE r.points > 0 AND (t.lot <> '' OR (r.earned = t.earned AND r.valid = t.valid));
"""
_DROP = "DELETE FROM row WHERE row IN (SELECT row FROM issue);"
_ORDER = """
CREATE TABLE person AS SELECT MIN(row) AS first, person FROM row GROUP BY person;
CREATE INDEX person_first ON person (first);
CREATE INDEX issue_row ON issue (row);
"""
_BATCH = 2000


class Issue(NamedTuple):
    """A refused row, or one of the things that are wrong with it."""

    row: int
    fault: Fault


class Person(NamedTuple):
    """All rows of the file about one person; `first` is where they are met first."""

    first: int
    rows: list[tuple[int, OpeningRow]]


class Spool:
    """The rows of one file. Fill it, `arrange` it, then read `persons` in order."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._rows: list[tuple[Any, ...]] = []
        self._marks = ", ".join("?" * (1 + len(FIELDS)))

    def add(self, number: int, row: OpeningRow) -> None:
        self._rows.append((number, *row))
        if len(self._rows) >= _BATCH:
            self._flush()

    def refuse(self, number: int, faults: Iterable[Fault]) -> None:
        self._db.executemany(
            "INSERT INTO issue VALUES (?, ?, ?, ?, ?)",
            [
                (number, f.field, f.code, shown(f.field, f.value), json.dumps(dict(f.params)))
                for f in faults
            ],
        )

    def arrange(self) -> None:
        """Sort the rows by person; take out those that contradict each other."""
        self._flush()
        self._db.executescript(_LINKS + _DROP + _PERSONS)
        for field in _TOLD_ONCE:
            self._db.executescript(_CONTRADICTING.format(field=field) + _DROP)
        self._db.executescript(_TWINS + _DROP + _ORDER)

    def counts(self) -> tuple[int, int]:
        """Good rows and refused rows."""
        return self._count("row", "*"), self._count("issue", "DISTINCT row")

    def _count(self, table: str, what: str) -> int:
        found = self._db.execute(f"SELECT COUNT({what}) FROM {table}")  # noqa: S608
        return int(found.fetchone()[0])

    def issues(self, limit: int) -> Iterator[Issue]:
        """What is wrong, in the order of the file. Values of persons are masked already."""
        found = self._db.execute(
            "SELECT row, field, code, value, params FROM issue ORDER BY row LIMIT ?", [limit]
        )
        for row, field, code, value, params in found:
            yield Issue(row, Fault(code, field, shown(field, str(value)), json.loads(params)))

    def persons(self, *, after: int) -> Iterator[Person]:
        """The persons met after row `after`, in the order in which they are met."""
        found = self._db.execute(
            f"SELECT p.first, r.row, {', '.join(f'r.{field}' for field in FIELDS)} "  # noqa: S608
            "FROM person p JOIN row r ON r.person = p.person WHERE p.first > ? "
            "ORDER BY p.first, r.row",
            [after],
        )
        person: Person | None = None
        for first, number, *values in found:
            if person is None or person.first != first:
                if person is not None:
                    yield person
                person = Person(first, [])
            person.rows.append((number, OpeningRow(*values)))
        if person is not None:
            yield person

    def preview(self, member_id: int, reference: str, figures: str) -> None:
        """Remember what a dry run would have booked for a member who is there."""
        self._db.execute(
            "INSERT OR IGNORE INTO previewed VALUES (?, ?, ?)", (member_id, reference, figures)
        )

    def previewed(self, member_ids: Iterable[int]) -> list[tuple[int, str, str]]:
        wanted = json.dumps(list(member_ids))
        found = self._db.execute(
            "SELECT member, reference, figures FROM previewed "
            "WHERE member IN (SELECT value FROM json_each(?))",
            [wanted],
        )
        return found.fetchall()

    def close(self) -> None:
        self._db.close()

    def _flush(self) -> None:
        self._db.executemany(
            f"INSERT INTO row ({'row, ' + ', '.join(FIELDS)}) VALUES ({self._marks})",  # noqa: S608
            self._rows,
        )
        self._rows = []
