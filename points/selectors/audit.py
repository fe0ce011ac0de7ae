"""The ledger audits itself: every invariant by a view, every entry by its hash."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from points.policies import GENESIS, HASHED_COLUMNS, chain_hash, microseconds

INVARIANTS = ("I1", "I2", "I3", "I4", "I5", "I13", "I14", "I22")
SHOWN = 20
"""Breaches listed per invariant; all are counted."""
PAGE = 10_000

GUARDS = {
    "points_entry": ("append_only", "no_truncate", "follows"),
    "points_account": ("follows", "kept", "opens"),
    "points_lot": ("granted", "identity", "kept"),
    "points_lotuse": ("bound", "identity", "kept"),
    "points_hold": ("identity", "kept"),
}
_SQLITE_NAMES = {
    "points_entry_append_only": ("points_entry_no_update", "points_entry_no_delete"),
    "points_entry_no_truncate": ("points_entry_direction", "points_entry_range"),
}

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What an audit found. `breaches` maps an invariant to its first breaches.

    `digest` is one hash over the last hash of every account: kept outside (the nightly job's row,
    an e-mail, a printout), it shows later that nothing before it was changed, even by somebody who
    rewrote whole chains.
    """

    entries: int = 0
    accounts: int = 0
    seconds: str = "0"
    digest: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    breaches: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        return not any(self.counts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "clean": self.is_clean,
            "accounts": self.accounts,
            "entries": self.entries,
            "seconds": self.seconds,
            "digest": self.digest,
            "invariants": {
                name: {"breaches": count, "first": self.breaches.get(name, [])}
                for name, count in self.counts.items()
            },
        }

    def _found(self, name: str, breach: dict[str, Any]) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1
        found = self.breaches.setdefault(name, [])
        if len(found) < SHOWN:
            found.append(breach)


class LedgerBreach(Exception):
    """The audit found something; the message says how much of what."""

    def __init__(self, report: Report) -> None:
        self.report = report
        counts = {name: count for name, count in report.counts.items() if count}
        super().__init__(f"ledger breaches: {counts}")


def run(*, progress: Progress | None = None) -> Report:
    """Check everything. Reads only; memory stays bounded whatever the size of the ledger."""
    started = time.monotonic()
    report = Report()
    for name in INVARIANTS:
        report.counts[name] = 0
        _check_view(report, name)
    _check_guards(report)
    _check_chains(report, progress)
    report.seconds = f"{time.monotonic() - started:.1f}"
    return report


def _check_view(report: Report, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT account_id, subject, subject_id, detail FROM audit_{name.lower()} "  # noqa: S608 — the names are of our own views
            "ORDER BY account_id, subject_id"
        )
        while page := cursor.fetchmany(1000):
            for account_id, subject, subject_id, detail in page:
                report._found(
                    name,
                    {"account": account_id, subject: subject_id, "detail": detail},
                )


def _check_guards(report: Report) -> None:
    """The triggers themselves belong to I4: without them nothing would keep the books."""
    wanted = {f"{table}_{name}" for table, names in GUARDS.items() for name in names}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name, parts in _SQLITE_NAMES.items():
                wanted = (wanted - {name}) | set(parts)
        present = {row[0] for row in cursor.fetchall()}
    for name in sorted(wanted - present):
        report._found("I4", {"trigger": name, "detail": "missing or disabled"})


def _check_chains(report: Report, progress: Progress | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM points_account")
        report.accounts = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM points_entry")
        total = cursor.fetchone()[0]
    account, previous, broken = -1, GENESIS, False
    digest = hashlib.sha256()
    for entry_id, columns, stored in _entries():
        report.entries += 1
        if columns[0] != account:
            digest.update(previous)
            account, previous, broken = columns[0], GENESIS, False
        if not broken and chain_hash(previous, columns) != stored:
            # What follows hangs on the broken link; naming the first is what helps.
            broken = True
            report._found(
                "I4",
                {
                    "account": account,
                    "entry": entry_id,
                    "seq": columns[1],
                    "detail": "hash differs",
                },
            )
        previous = stored
        if progress and report.entries % PAGE == 0:
            progress(report.entries, total)
    digest.update(previous)
    report.digest = digest.hexdigest()


def _entries() -> Iterator[tuple[int, list[Any], bytes]]:
    """All entries (id, hashed columns, hash) in the order of their chains, a page at a time."""
    after = (-1, 0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, hash, {HASHED_COLUMNS} FROM points_entry "  # noqa: S608 - constants
                "WHERE (account_id, seq) > (%s, %s) ORDER BY account_id, seq LIMIT %s",
                [*after, PAGE],
            )
            page = cursor.fetchall()
        for entry_id, stored, *columns in page:
            columns[-3:-1] = _us(columns[-3]), _us(columns[-2])
            yield entry_id, columns, bytes(stored)
        if len(page) < PAGE:
            return
        after = (page[-1][2], page[-1][3])


def _us(value: datetime | str) -> int:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    return microseconds(instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant)
