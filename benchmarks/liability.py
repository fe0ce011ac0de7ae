"""The liability report over a million entries: what a page, a month end and a journal cost."""

import resource
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from benchmarks import books
from benchmarks.report import Report
from insights.selectors import liability
from points import selectors
from points.selectors import liability as ledger

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
_GRANTS = 7
_FROM = datetime(2025, 1, 15, tzinfo=UTC)


def run(report: Report, *, accounts: int) -> None:
    """Seven grants over two years to everybody, and three uses; books older than any other."""
    report.title("The points liability", "what", "value", "goal")
    first, last = books.add_members(accounts)
    for number in range(_GRANTS):
        at = _FROM + timedelta(days=90 * number)
        books.grant(first, last, points=100, at=at, expires_at=at + timedelta(days=400))
    _use(first, last)
    books.settle()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE points_lotuse")
        cursor.execute("SELECT COUNT(*) FROM points_entry")
        entries = cursor.fetchone()[0]
    report.row("entries in the ledger", f"{entries:,}", "")
    at = liability.end_of(LAST)
    sold = liability.SOLD
    _timed(report, "outstanding points at a day's end", lambda: ledger.outstanding(at, sold=sold))
    before = liability.end_of(FIRST - timedelta(days=1))
    _timed(report, "movements of a month", lambda: ledger.movements(before, at, sold=sold))
    _timed(report, "cohorts of three years", lambda: ledger.cohorts(at, sold=sold))
    _timed(report, "the whole report", lambda: liability.report(FIRST, LAST))
    told = sum(points for points, _yuan in liability.balance(LAST).shares.values())
    totals = selectors.totals_as_of(at, clock="created_at")
    if told != totals.available + totals.held + totals.pending:
        report.say(f"WRONG: {told} points are not the ledger's")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report.row("memory of the process at most", f"{memory:.0f} MB", "300 MB")


def _timed(report: Report, what: str, call: Callable[[], object]) -> None:
    start = time.perf_counter()
    call()
    report.row(what, f"{time.perf_counter() - start:.1f} s", "")


def _use(first: int, last: int) -> None:
    """Three uses each, of the three oldest lots, in the months after they were earned."""
    for number in range(3):
        at = _FROM + timedelta(days=90 * number + 45)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(_USE, {"first": first, "last": last, "n": number, "at": at})


_USE = """
WITH lots AS (
    SELECT id, account_id, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY expires_at) AS place
    FROM points_lot WHERE account_id BETWEEN %(first)s AND %(last)s
), chosen AS (SELECT id, account_id FROM lots WHERE place = %(n)s + 1),
made AS (
    INSERT INTO points_entry (account_id, seq, kind, reference, fingerprint, d_available, d_held,
        d_pending, d_debt, available_after, held_after, pending_after, debt_after, source, actor,
        rule_version, explanation, occurred_at, created_at, hash)
    SELECT a.id, a.seq + 1, 'spend', 'use:' || (a.seq + 1), repeat('0', 32), -60, 0, 0, 0,
        a.available - 60, 0, 0, 0, 'mall', 'bench', '', '{}', %(at)s, %(at)s, a.chain
    FROM points_account a JOIN chosen c ON c.account_id = a.id
    RETURNING id, account_id
), used AS (
    INSERT INTO points_lotuse (entry_id, lot_id, bucket, amount, restored, forfeited)
    SELECT m.id, c.id, 'spent', 60, 0, 0 FROM made m JOIN chosen c ON c.account_id = m.account_id
), taken AS (
    UPDATE points_lot l SET remaining = remaining - 60, spent = spent + 60
    FROM chosen c WHERE l.id = c.id
)
UPDATE points_account a SET available = available - 60, seq = seq + 1,
    spent_total = spent_total + 60 FROM chosen c WHERE a.id = c.account_id
"""
