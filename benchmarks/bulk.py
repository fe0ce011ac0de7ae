"""P8, P11: earning in bulk beside single calls, and the audit of a large ledger."""

import resource
import time
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from benchmarks import work
from benchmarks.clients import PgBench
from benchmarks.report import Report
from points.selectors import audit
from points.services import batch


def earn_in_bulk(report: Report, *, url: str, first: int, last: int, seconds: float) -> None:
    floor = PgBench(url, 1).run("earn", seconds, first, last)
    now = datetime.now(UTC)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        with transaction.atomic():
            batch.post(
                [
                    batch.Earn(
                        member_id=work.pick(first, last),
                        points=20,
                        reference=f"bulk:{done + n}:{start}",
                        source="purchase",
                        actor="bench",
                        at=now,
                        expires_at=now + timedelta(days=365),
                    )
                    for n in range(100)
                ],
                recorded_at=now,
            )
        done += 100
    rate = done / (time.perf_counter() - start)
    report.title("Bulk", "what", "value", "goal")
    report.row("bulk earn of 100, one client", f"{rate:,.0f}/s", "")
    report.row("single-call floor, one client", f"{floor.per_second:,.0f}/s", "")
    report.row("ratio", f"{rate / floor.per_second:.1f}", "P8 ≥ 4")


def audit_all(report: Report) -> None:
    """Audit everything that this run has written. Entries written by the floor have hashes of
    their own making, so their chains are left out of the count of breaches."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM points_entry")
        entries = cursor.fetchone()[0]
    start = time.perf_counter()
    found = audit.run()
    took = time.perf_counter() - start
    report.title(f"Audit of {entries:,} entries", "what", "value", "goal")
    report.row("time", f"{took:.1f} s", "")
    report.row("per 1,000,000 entries", f"{took / entries * 1e6:.1f} s", "P11 ≤ 60 s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.row("memory of this process", f"{peak} MB", "")
    others = {name: count for name, count in found.counts.items() if count and name != "I4"}
    report.row("breaches besides the floor's hashes", len(others), "0")
    if others:
        report.say(f"VOID: {found.breaches}")
