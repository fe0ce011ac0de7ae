"""The night's look at the levels of many members, and what a trial of thresholds costs."""

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from django.db import connection

from benchmarks import books
from benchmarks.report import Report
from tiers.models import Level, Standing, TierProgram
from tiers.selectors import ladder, simulation
from tiers.services import reevaluation
from tiers.services.climbing import day_of

T = TypeVar("T")
# Days of one year; the levels that they reach last through the next.
YEAR = 2025
_FILL = """
INSERT INTO tiers_growthday (member_id, day, spent, bought, acted, adjusted)
SELECT m, DATE '2025-01-05' + n * 30, (m * 7919 + n * 104729) %% 1000 * 10000, 0, 0, 0
FROM generate_series(%s::bigint, %s::bigint) m, generate_series(1, %s) n
"""


def run(report: Report, *, members: int, days_each: int) -> None:
    report.title(
        f"Levels of {members:,} members, {days_each} days of growth each",
        "night",
        "seconds",
        "goal",
    )
    first, last = books.add_members(members)
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [first, last, days_each])
        cursor.execute("VACUUM ANALYZE tiers_growthday")
    _ladder()
    reached, took = _timed(lambda: reevaluation.run(now=_at(YEAR, 12, 31)))
    report.row(f"the first: {reached.changed:,} rise, all get a row", f"{took:.1f}", "≤ 300")
    _analyse()
    quiet, took = _timed(lambda: reevaluation.run(now=_at(YEAR + 1, 6, 1)))
    report.row(f"an ordinary one: {quiet.changed:,} change", f"{took:.1f}", "≤ 300")
    ended, took = _timed(lambda: reevaluation.run(now=_at(YEAR + 2, 1, 1)))
    above = Standing.objects.filter(level__rank__gt=1).count()
    report.row(f"the year's end: {ended.changed:,} fall", f"{took:.1f}", "≤ 300")
    again, took = _timed(lambda: reevaluation.run(now=_at(YEAR + 2, 1, 1)))
    report.row(f"again: {again.changed:,} change", f"{took:.1f}", "")
    current = ladder.current()
    if current is not None:
        _told, took = _timed(lambda: simulation.simulate(current, on=day_of(_at(YEAR, 12, 31))))
        report.row("a trial of thresholds, all members", f"{took:.1f}", "")
    report.say(f"{above:,} members above the lowest level before the last night")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.row("memory of this process, MB", f"{peak}", "< 500")


def _ladder() -> None:
    program, _made = TierProgram.objects.update_or_create(
        pk=1, defaults={"window": "year", "fall": "one", "grace_days": 0, "warn_days": 0}
    )
    for rank, (code, threshold) in enumerate(
        (("basic", 0), ("silver", 4500), ("gold", 5200), ("black", 6500)), start=1
    ):
        Level.objects.update_or_create(
            code=code,
            defaults={"program": program, "name": code, "rank": rank, "threshold": threshold},
        )


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - start


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tiers_standing")


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 1, tzinfo=UTC)
