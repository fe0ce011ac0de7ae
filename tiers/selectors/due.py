"""Whose level the night has to decide: found set by set, decided one by one under the lock."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db import connection
from django.db.models import Max, Min

from members.models import Member
from tiers.policies.ladders import SCALE, Ladder
from tiers.policies.windows import Window
from tiers.selectors import sums

# Ids of members in one statement: bounds its memory, and how long it may see an old snapshot.
IDS_AT_ONCE = 20_000
_DUE = "SELECT t.member_id FROM ({sums}) t WHERE {due} ORDER BY t.member_id"


def windows(size: int = IDS_AT_ONCE) -> list[tuple[int, int]]:
    """Ranges of ids, first and last, that together hold every member."""
    ends = Member.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    return [(low, low + size - 1) for low in range(ends["first"], ends["last"] + 1, size)]


def due(ladder: Ladder, first: int, last: int, *, on: date) -> list[int]:
    """The members with ids in this range whose level has to be decided on this day.

    One statement. It may name somebody for whom nothing comes of it, never misses one.
    """
    asked = sums.statement(ladder, on, "m.id BETWEEN %s AND %s", [first, last])
    text = _DUE.format(sums=asked.text, due=" OR ".join(_conditions(ladder, on)))
    with connection.cursor() as cursor:
        cursor.execute(text, asked.parameters)
        return [pk for (pk,) in cursor.fetchall()]


def _conditions(ladder: Ladder, on: date) -> Iterator[str]:
    """Numbers and days of our own only: nothing of a person is written into the text."""
    rank = _case("t.level_id", {step.id: step.rank for step in ladder.steps}, ladder.lowest.rank)
    keeps = _case("t.level_id", {s.id: s.keeps_from * SCALE for s in ladder.steps}, 0)
    today = _day(on)
    yield "t.level_id IS NULL"
    yield f"{_reached(ladder, 'growth')} > {rank}"
    if ladder.rules.window is Window.YEAR:
        yield f"{_reached(ladder, 'carried')} > {rank}"
    # A period that is over; while its grace lasts, only who has earned it again.
    yield (
        f"(t.valid_until < {today} AND (t.grace_until IS NULL OR t.grace_until < {today} "
        f"OR t.keeping >= {keeps} OR t.growth >= {keeps}))"
    )
    if ladder.rules.warn_days:
        near = _day(on + timedelta(days=ladder.rules.warn_days))
        yield (
            f"(NOT t.is_warned AND t.by <> 'invitation' AND t.valid_until <= {near} "
            f"AND t.keeping < {keeps})"
        )
    if ladder.rules.window is not Window.LIFETIME:
        yield f"(t.valid_until IS NULL AND t.by = 'growth' AND {rank} > {ladder.lowest.rank})"


def _reached(ladder: Ladder, growth: str) -> str:
    """The rank that a sum reaches, highest first."""
    tests = [
        f"WHEN t.{growth} >= {(step.threshold or 0) * SCALE} THEN {step.rank}"
        for step in reversed(ladder.open)
    ]
    return f"(CASE {' '.join(tests)} ELSE {ladder.lowest.rank} END)"


def _case(column: str, values: dict[int, int], other: int) -> str:
    tests = " ".join(f"WHEN {key} THEN {value}" for key, value in values.items())
    return f"(CASE {column} {tests} ELSE {other} END)"


def _day(day: date) -> str:
    return f"DATE '{day}'" if connection.vendor == "postgresql" else f"'{day}'"
