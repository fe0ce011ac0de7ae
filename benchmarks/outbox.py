"""Reminders to many members, and an outbox of a million messages that is drained meanwhile."""

import datetime as dt
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import connection

from benchmarks import books
from benchmarks.report import Report
from notifications.models import Message, MessageSettings, Recipient
from notifications.services import delivery, telling
from notifications.services.gateways import Answer
from notifications.services.telling import Fact

_WINDOW = 2000
_WORKER = "import django; django.setup(); from benchmarks import outbox; outbox.work()"
_numbers = count(1)


class Fast:
    """A provider that takes everything at once: what is measured is the outbox."""

    def __call__(self, message: Message) -> Answer:
        return Answer("ok", f"b{message.pk}")

    def find(self, messages: list[Message]) -> dict[int, Answer]:
        return {}


fast = Fast()


def run(report: Report, *, members: int, messages: int, seconds: float) -> None:
    settings.SMS_GATEWAY = settings.EMAIL_GATEWAY = "benchmarks.outbox.fast"
    settings.WECHAT_MESSAGE_GATEWAY = ""
    # Measured at any hour of the day.
    MessageSettings.objects.update_or_create(
        defaults={"quiet_from": dt.time(0), "quiet_until": dt.time(0)}
    )
    first, last = books.add_members(members)
    _reachable(first, last)
    _tell(report, first, last)
    Message.objects.filter(state="waiting").update(state="lapsed")
    _drain(report, messages, first, last, seconds)


def _reachable(first: int, last: int) -> None:
    now = datetime.now(UTC)
    Recipient.objects.bulk_create(
        (
            Recipient(
                member_id=pk, email=f"m{pk}@example.com", email_confirmed_at=now, updated_at=now
            )
            for pk in range(first, last + 1)
        ),
        batch_size=_WINDOW,
    )
    books.settle()


def _tell(report: Report, first: int, last: int) -> None:
    facts = [_fact(pk) for pk in range(first, last + 1)]
    now = datetime.now(UTC)
    began = time.perf_counter()
    told = 0
    for start in range(0, len(facts), _WINDOW):
        told += telling.tell(facts[start : start + _WINDOW], at=now)
    took = time.perf_counter() - began
    report.title(f"Telling {told:,} members, each a notice and a mail", "what", "value", "goal")
    report.row("in all", f"{took:.1f} s", "")
    report.row("per fact", f"{took / told * 1e6:.0f} µs", "≤ 250")


def _fact(member_id: int) -> Fact:
    return Fact(
        member_id,
        "points_expiring",
        f"bench:{next(_numbers)}",
        {
            "points": 1200,
            "day": "2026-12-31",
            "days": 30,
            "stays": 800,
            "yuan": "12.00",
            "details": "200 on 2026-12-01, 1,000 on 2026-12-31",
        },
        link="/mall/",
        points=1200,
    )


def _drain(report: Report, messages: int, first: int, last: int, seconds: float) -> None:
    _fill(messages, first, last)
    books.settle()
    idle = _inserting(first, last, seconds=seconds)
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER], env=os.environ, stdout=subprocess.PIPE
    )
    during: list[float] = []
    while worker.poll() is None:
        during += _inserting(first, last, seconds=1.0)
    assert worker.stdout is not None
    sent, took, peak = worker.stdout.read().split()
    worker.stdout.close()
    report.title(f"Draining {messages:,} messages", "what", "value", "goal")
    report.row("messages a second", f"{int(sent) / float(took):,.0f}", "")
    report.row("in all", f"{float(took):.0f} s", "")
    report.row("memory of the worker", f"{int(peak)} MB", "< 300")
    left = Message.objects.filter(state__in=Message.UNDELIVERED, channel="sms").count()
    report.row("left over", str(left), "0")
    report.row("telling one member, idle", _said(idle), "")
    report.row("the same meanwhile", _said(during), "")
    slower = statistics.median(during) / statistics.median(idle)
    report.row("median ÷ idle", f"{slower:.2f}", "not slowed")


def _said(times: list[float]) -> str:
    ordered = sorted(times)
    p99 = ordered[int(len(ordered) * 0.99)]
    return f"p50 {statistics.median(ordered) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"


def _inserting(first: int, last: int, *, seconds: float) -> list[float]:
    """How long one fact takes, told again and again."""
    times = []
    for member_id in _round(first, last, until=time.perf_counter() + seconds):
        began = time.perf_counter()
        telling.tell([_fact(member_id)], at=datetime.now(UTC) + timedelta(days=1))
        times.append(time.perf_counter() - began)
    return times


def _round(first: int, last: int, *, until: float) -> Iterator[int]:
    while time.perf_counter() < until:
        yield first + next(_numbers) % (last - first + 1)


def _fill(messages: int, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO notifications_message (channel, member_id, "to", template, language, '
            "context, subject, body, link, is_secret, is_urgent, is_marketing, may_bundle, state, "
            "due_at, attempts, result, error_code, provider_id, receipt, receipt_code, created_at) "
            "SELECT 'sms', %s + n %% %s, '+86138' || n, 'points_expiring', 'zh-hans', "
            "'{\"points\": 1200, \"day\": \"2026-12-31\"}', '', 'text', '/mall/', false, false, "
            "false, false, 'waiting', now() - interval '1 day', 0, '', '', '', '', '', now() "
            "FROM generate_series(1, %s) AS n",
            [first, last - first + 1, messages],
        )


def work() -> None:
    """The worker: drain the SMS and say how many, how long and how much memory."""
    settings.SMS_GATEWAY = "benchmarks.outbox.fast"
    sent, began = 0, time.perf_counter()
    while done := delivery.deliver_channel("sms", now=datetime.now(UTC), limit=20_000).sent:
        sent += done
    took = time.perf_counter() - began
    print(sent, took, _peak())


def _peak() -> int:
    """In MB, of this process alone: what `getrusage` says is carried over from its parent."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
