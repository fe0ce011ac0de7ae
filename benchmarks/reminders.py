"""Reminding many members beside nothing else: how long, and how much memory."""

import resource
import time
from datetime import UTC, datetime, timedelta

from django.db import connection

from benchmarks import books
from benchmarks.report import Report
from notifications.models import Message, Notice
from points.models import ExpiryNotice
from points.services import reminders

GOAL = 120
"""Seconds for 200,000 members."""


def run(report: Report, *, members: int) -> None:
    report.title(f"Reminding {members:,} members", "what", "value", "goal")
    first, last = books.add_members(members)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE members_member SET phone = '+86139' || lpad((id %% 100000000)::text, 8, '0') "
            "WHERE id BETWEEN %s AND %s AND phone IS NULL",
            [first, last],
        )
    now = datetime.now(UTC)
    earned = now - timedelta(days=300)
    books.grant(first, last, points=5, at=earned, expires_at=now + timedelta(days=29, hours=12))
    books.grant(first, last, points=7, at=earned, expires_at=now + timedelta(days=6, hours=12))
    books.settle()
    told, sent = Notice.objects.count(), Message.objects.count()
    start = time.perf_counter()
    done = reminders.remind(now=now)
    seconds = time.perf_counter() - start
    scale = members / 200_000
    report.row("members told", f"{done.members:,}", f"{members:,}")
    report.row("seconds", f"{seconds:.1f}", f"≤ {GOAL * scale:.0f}")
    report.row("µs per member", f"{seconds / max(done.members, 1) * 1e6:.0f}", "≤ 600")
    report.row("notices", f"{Notice.objects.count() - told:,}", f"{members:,}")
    report.row("messages", f"{Message.objects.count() - sent:,}", "one per channel")
    report.row("proofs", f"{ExpiryNotice.objects.count():,}", "two a member")
    start = time.perf_counter()
    again = reminders.remind(now=now)
    report.row("a second run", f"{time.perf_counter() - start:.1f} s", "tells nobody")
    if again.members:
        report.say(f"WRONG: {again.members} members were told twice")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.row("memory of this process", f"{peak} MB", "< 300 MB")
