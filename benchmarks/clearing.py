"""P6: expiry of many lots beside a bare UPDATE, and what members feel meanwhile."""

import resource
import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from benchmarks import books
from benchmarks.clients import Clients, Slice
from benchmarks.report import Report
from points.services import expiry

# Long past, as in an import of history: only a job may touch these lots.
EARNED = datetime(2020, 1, 1, tzinfo=UTC)


def run(report: Report, *, accounts: int, lots_each: int) -> None:
    lots = accounts * lots_each
    report.title(f"Clearing {lots:,} lots of {accounts:,} accounts", "what", "value", "goal")
    first, last = books.add_members(accounts)
    for number in range(lots_each):
        books.grant(
            first, last, points=5, at=EARNED, expires_at=EARNED + timedelta(days=365 + number)
        )
    far = datetime.now(UTC) + timedelta(days=400)
    books.grant(first, last, points=100_000, at=EARNED, expires_at=far)
    books.settle()
    cutoff = datetime.now(UTC)
    bare = _bare_update(cutoff)
    books.settle()
    report.row("bare UPDATE of the same lots", f"{bare:.1f} s", "")

    clients = Clients(2)
    clients.run("spend", 1, first, last)
    idle = clients.run("spend", 8, first, last)
    busy: list[Slice] = []
    took: list[float] = []

    def clear() -> None:
        start = time.perf_counter()
        done = expiry.expire_due(cutoff_at=cutoff, recorded_at=datetime.now(UTC))
        took.append(time.perf_counter() - start)
        if done.points != lots * 5:
            report.say(f"WRONG: {done.points} points booked")
        connection.close()

    worker = threading.Thread(target=clear)
    worker.start()
    while worker.is_alive():
        busy.append(clients.run("spend", 2, first, last))
    worker.join()
    clients.close()
    during = busy[:-1] or busy  # the last slice outlived the job
    together = Slice(
        sum(part.per_second for part in during) / len(during),
        latencies_ms=tuple(value for part in during for value in part.latencies_ms),
    )
    report.row("clearing beside two busy clients", f"{took[0]:.1f} s", "")
    report.row("  ÷ bare UPDATE (alone, below)", f"{took[0] / bare:.1f}", "")
    report.row("spend p99, idle", f"{idle.percentile(0.99):.1f} ms", "")
    report.row("spend p99, meanwhile", f"{together.percentile(0.99):.1f} ms", "≤ 4 × idle")
    report.row("spend p99.9, meanwhile", f"{together.percentile(0.999):.1f} ms", "≤ 100 ms")
    report.row(
        "spend rate, meanwhile ÷ idle", f"{together.per_second / idle.per_second:.2f}", "≥ 0.5"
    )

    for number in range(lots_each):
        books.grant(
            first, last, points=5, at=EARNED, expires_at=EARNED + timedelta(days=900 + number)
        )
    books.settle()
    start = time.perf_counter()
    expiry.expire_due(cutoff_at=datetime.now(UTC), recorded_at=datetime.now(UTC))
    alone = time.perf_counter() - start
    report.row("clearing alone", f"{alone:.1f} s", "")
    report.row("  ÷ bare UPDATE", f"{alone / bare:.1f}", "P6 ≤ 3")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.row("memory of this process", f"{peak} MB", "< 300 MB")


def _bare_update(cutoff: datetime) -> float:
    """Set the same columns of the same rows, once, without any bookkeeping; then undone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        start = time.perf_counter()
        cursor.execute(
            "UPDATE points_lot SET expired = remaining, remaining = 0, state = 'closed', "
            "expired_by_id = entry_id WHERE state = 'open' AND expires_at <= %s AND held = 0",
            [cutoff],
        )
        took = time.perf_counter() - start
        transaction.set_rollback(True)
    return took
