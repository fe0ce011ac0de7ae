"""F91: the nightly RFM groups of a million members, and what a built segment and a count cost."""

import resource
import time
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from benchmarks import books
from benchmarks.report import Report
from insights.models import RfmScore
from insights.selectors import segments as counting
from insights.services import rfm, segments
from members.models import Segment, SegmentMember
from stores.models import Store

AS_OF = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
_DAYS = 900
_SIZE = 1_000_000
_REGULARS = {
    "all": [
        {
            "all": [
                {"kind": "purchases", "min": 3, "last_days": 90},
                {"kind": "spent", "min": "300", "last_days": 365},
            ]
        }
    ]
}


def run(report: Report, *, members: int, receipts: int) -> None:
    """Fill the tables by SQL, then measure nights: the first, an idle one, a usual one."""
    report.title(f"RFM of {members:,} members, {receipts:,} receipts", "what", "value", "goal")
    start = time.perf_counter()
    first, last = books.add_members(members)
    _sell(first, last, receipts)
    _settle()
    report.row("filling the tables (not measured)", f"{time.perf_counter() - start:.0f} s", "")
    _size_of_index(report)
    before = _peak()
    for name, day in (("first night", 0), ("the same night again", 0), ("the next night", 1)):
        start = time.perf_counter()
        job = rfm.run(as_of=AS_OF + timedelta(days=day), now=NOW + timedelta(days=day))
        took = time.perf_counter() - start
        told = f"{job.changed:,} rows, {job.moved:,} moved"
        report.row(name, f"{took:.1f} s", told)
        if not day:
            _settle()
    assert RfmScore.objects.count() == SegmentMember.objects.filter(segment__kind="rfm").count()
    report.row("memory of this process", f"{_peak()} MB", f"{_peak() - before} MB more")
    _built(report)


def _sell(first: int, last: int, receipts: int) -> None:
    """Receipts in the order of time, as a chain writes them: few members buy often."""
    store = Store.objects.create(code=f"B{first}", name="benchmark")
    with transaction.atomic(), connection.cursor() as cursor:
        # The foreign keys are true by construction; checking them would only take time.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for start in range(0, receipts, _SIZE):
            count = min(_SIZE, receipts - start)
            cursor.execute(
                _FILL, [store.pk, receipts, first, last - first + 1, start, start + count]
            )
        cursor.execute("SELECT setval('sales_receipt_id_seq', (SELECT MAX(id) FROM sales_receipt))")


_FILL = f"""
INSERT INTO sales_receipt (store_id, number, kind, state, fault, member_id, occurred_at, channel,
    business, currency, total, base, paid_by_coupon, paid_by_points, original_number, fingerprint,
    points_earned, points_clawed, returned_total, explanation, shortfall, source, actor,
    received_at)
SELECT %s, 'B' || n, CASE WHEN n %% 50 = 0 THEN 'return' ELSE 'sale' END, 'posted', '',
    m, at, 'store', '', 'CNY', total, total, 0, 0, '', 'x',
    CASE WHEN n %% 50 = 0 THEN 0 ELSE floor(total) END, 0, 0,
    '{{"kind": "purchase", "basic": {{"points": 100, "yuan": "1"}}}}', 0, 'import', 'benchmark', at
FROM (SELECT n, timestamptz '2024-06-04 00:00+08' + interval '{_DAYS} days' * (n::float / %s) AS at,
        %s + floor(power(random(), 2) * %s)::bigint AS m,
        round((5 + random() * 300)::numeric, 2) AS total
      FROM generate_series(%s + 1, %s) n) made
"""


def _built(report: Report) -> None:
    start = time.perf_counter()
    found = counting.preview(_REGULARS, NOW)
    took = time.perf_counter() - start
    told = "cut off" if found.size is None else f"≈ {found.size:,}"
    report.row("live count, two conditions", f"{took:.2f} s", f"{told}; goal ≤ 3 s")
    made = segments.create(
        code=f"b{int(time.time())}", name="regulars", description="", definition=_REGULARS, at=NOW
    )
    for name in ("working it out", "working it out again"):
        start = time.perf_counter()
        done = segments.refresh(segment_id=made.pk, at=NOW)
        took = time.perf_counter() - start
        report.row(name, f"{took:.1f} s", f"{done.added if done else 0:,} added")
    made.refresh_from_db()
    exact = Segment.objects.get(pk=made.pk).size
    report.row("members in it", f"{exact:,}", "")


def _size_of_index(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_size_pretty(pg_relation_size('sales_receipt_of_a_member')),"
            " pg_size_pretty(pg_relation_size('sales_receipt'))"
        )
        index, table = cursor.fetchone()
    report.row("index of the figures; the table", index, table)


def _settle() -> None:
    books.settle()
    with connection.cursor() as cursor:
        for table in ("sales_receipt", "insights_rfmscore", "members_segmentmember"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
