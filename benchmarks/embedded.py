"""P2: the same operations on SQLite beside the same statements through the sqlite3 module."""

import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Report

MEMBERS = 2000


def prepare(path: Path) -> None:
    """A migrated database with members, accounts and lots; run in a process of its own."""
    from django.core.management import call_command
    from django.db import transaction

    from members.models import Member
    from points.services import accounts, batch

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC)
    Member.objects.bulk_create(
        Member(pk=n + 1, number=f"B{n + 1:08}", joined_at=now) for n in range(MEMBERS)
    )
    accounts.open_accounts(range(1, MEMBERS + 1), at=now)
    for lot in range(5):
        with transaction.atomic():
            batch.post(
                [
                    batch.Earn(
                        member_id=member,
                        points=1000,
                        reference=f"fill:{lot}",
                        source="purchase",
                        actor="bench",
                        at=now,
                        expires_at=now + timedelta(days=30 + lot),
                    )
                    for member in range(1, MEMBERS + 1)
                ],
                recorded_at=now,
            )


class Floor:
    """Hand-written statements through sqlite3, one transaction each."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, timeout=20)
        self.db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
        )
        self.serial = 0

    def _entry(self, a: tuple[Any, ...], kind: str, points: int, now: str) -> tuple[int, bytes]:
        self.serial += 1
        digest = hashlib.sha256(a[3] + f"{a[0]}\n{a[2]}\n{kind}\n{points}\n{now}".encode()).digest()
        made = self.db.execute(
            "INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available,"
            " d_held, d_pending, d_debt, available_after, held_after, pending_after, debt_after,"
            " source, actor, rule_version, explanation, occurred_at, created_at, hash) VALUES"
            " (?, ?, ?, ?, ?, ?, 0, 0, 0, ?, 0, 0, 0, 'mall', 'bench', '', '{}', ?, ?, ?)",
            (
                *(a[0], a[2] + 1, kind, f"f{self.serial}", "0" * 32, points, a[1] + points),
                *(now, now, digest),
            ),
        )
        return int(made.lastrowid or 0), digest

    def _account(self, member: int) -> tuple[Any, ...]:
        found = self.db.execute(
            "SELECT id, available, seq, chain FROM points_account"
            " WHERE member_id = ? AND unit = 'points'",
            (member,),
        )
        row: tuple[Any, ...] = found.fetchone()
        self.db.execute(
            "SELECT 1 FROM points_entry WHERE account_id = ? AND reference = ?", (row[0], "x")
        ).fetchone()
        return row

    def earn(self, member: int) -> None:
        now = str(datetime.now(UTC).replace(tzinfo=None))
        self.db.execute("BEGIN IMMEDIATE")
        a = self._account(member)
        entry, digest = self._entry(a, "earn", 20, now)
        self.db.execute(
            "INSERT INTO points_lot (account_id, entry_id, granted, remaining, held, spent,"
            " expired, settled, clawed, state, earned_at, usable_at, expires_at)"
            " VALUES (?, ?, 20, 20, 0, 0, 0, 0, 0, 'open', ?, ?, '2099-01-01 00:00:00')",
            (a[0], entry, now, now),
        )
        self.db.execute(
            "UPDATE points_account SET available = ?, seq = ?, chain = ?,"
            " earned_total = earned_total + 20 WHERE id = ?",
            (a[1] + 20, a[2] + 1, digest, a[0]),
        )
        self.db.execute("COMMIT")

    def spend(self, member: int) -> None:
        now = str(datetime.now(UTC).replace(tzinfo=None))
        self.db.execute("BEGIN IMMEDIATE")
        a = self._account(member)
        lot, free = self.db.execute(
            "SELECT id, remaining - held FROM points_lot WHERE account_id = ? AND state = 'open'"
            " AND expires_at > ? ORDER BY expires_at, id LIMIT 1",
            (a[0], now),
        ).fetchone()
        part = min(3, free)
        entry, digest = self._entry(a, "spend", -part, now)
        self.db.execute(
            "UPDATE points_lot SET remaining = remaining - ?1, spent = spent + ?1,"
            " state = CASE WHEN remaining = ?1 THEN 'closed' ELSE 'open' END WHERE id = ?2",
            (part, lot),
        )
        self.db.execute(
            "INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited)"
            " VALUES (?, ?, 'spent', ?, 0, 0)",
            (entry, lot, part),
        )
        self.db.execute(
            "UPDATE points_account SET available = ?, seq = ?, chain = ?,"
            " spent_total = spent_total + ? WHERE id = ?",
            (a[1] - part, a[2] + 1, digest, part, a[0]),
        )
        self.db.execute("COMMIT")


def run(report: Report, *, rounds: int, seconds: float) -> None:
    """Measure in a process whose settings name a SQLite file."""
    with tempfile.TemporaryDirectory(prefix="judian-bench-") as folder:
        path = Path(folder) / "bench.sqlite3"
        command = [
            sys.executable,
            "-m",
            "benchmarks.embedded",
            str(path),
            str(rounds),
            str(seconds),
        ]
        subprocess.run(
            command, check=True, env=_environment(path), stdout=sys.stdout, stderr=sys.stderr
        )


def _environment(path: Path) -> dict[str, str]:
    import os

    return {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "REDIS_URL": ""}


def measure(path: Path, rounds: int, seconds: float) -> None:
    from benchmarks import work
    from benchmarks.clients import Clients

    prepare(path)
    report = Report()
    report.title(
        f"SQLite, one client, {rounds} rounds of {seconds:g} s",
        "operation",
        "ours/s",
        "floor/s",
        "ratio",
        "goal",
    )
    floor = Floor(path)
    for name, hand in (("earn", floor.earn), ("spend", floor.spend)):
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_rate(work.OPERATIONS[name], seconds))
            theirs.append(_rate(hand, seconds))
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        report.row(
            name,
            f"{median(ours):,.0f}",
            f"{median(theirs):,.0f}",
            f"{median(ratios):.2f}",
            "P2 ≥ 0.5",
        )
    clients = Clients(8, DATABASE_URL=f"sqlite:///{path}")
    clients.run("spend", 1, 1, MEMBERS)
    busy = clients.run("spend", 8, 1, MEMBERS)
    clients.close()
    report.say(
        f"8 writers: {busy.per_second:,.0f} spends/s, p50 {busy.percentile(0.5):.1f} ms, "
        f"p99 {busy.percentile(0.99):.0f} ms (goal P2 ≤ 150 ms)"
    )


def _rate(call: Any, seconds: float) -> float:
    from benchmarks import work

    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        call(work.pick(1, MEMBERS))
        done += 1
    return done / (time.perf_counter() - start)


if __name__ == "__main__":
    import django

    django.setup()
    measure(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
