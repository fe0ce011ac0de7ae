"""The growth of members and the standings that it decides, in one statement for any number.

Both are read together because a level is judged by three sums over days that depend on the
member's own period. Django's ORM cannot join the days of a period that is another table's column.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from members.models import Member
from points.services import rows
from tiers.models import GrowthDay, Standing
from tiers.policies import standings
from tiers.policies.ladders import SCALE, Basis, Ladder
from tiers.policies.standings import By
from tiers.policies.windows import carried_days, starts_on

# What of a day counts, in ten-thousandths; as `Figures.units`.
UNITS = {
    Basis.SPENT: f"g.spent + g.adjusted * {SCALE}",
    Basis.EARNED: f"(g.bought + g.acted + g.adjusted) * {SCALE}",
    Basis.BOUGHT: f"(g.bought + g.adjusted) * {SCALE}",
}
STANDING = (
    "s.level_id, s.since, s.by, s.valid_until, s.counts_from, s.counts_until, s.grace_until, "
    "s.is_warned, s.cause, s.before_id"
)
_SUMS = """
SELECT m.id AS member_id, {standing},
  COALESCE(SUM(CASE WHEN g.day >= {now} THEN {units} ELSE 0 END), 0) AS growth,
  COALESCE(SUM(CASE WHEN g.day >= s.counts_from AND g.day <= s.counts_until
                    THEN {units} ELSE 0 END), 0) AS keeping,
  COALESCE(SUM(CASE WHEN g.day >= {first} AND g.day <= {last} THEN {units} ELSE 0 END), 0)
    AS carried
FROM {members} m
LEFT JOIN {standings} s ON s.member_id = m.id
LEFT JOIN {days} g ON g.member_id = m.id
  AND g.day >= CASE WHEN s.counts_from < {since} THEN s.counts_from ELSE {since} END
WHERE {which}
GROUP BY m.id, s.member_id
"""


@dataclass(slots=True)
class Held:
    """A member's standing (None: no row yet), and the three sums in ten-thousandths."""

    member_id: int
    standing: standings.Standing | None
    growth: int
    keeping: int
    carried: int


class Statement(NamedTuple):
    text: str
    parameters: list[Any]


def statement(ladder: Ladder, on: date, which: str, parameters: Sequence[Any]) -> Statement:
    """The statement over members for whom `which` holds (of `m`), as of this day."""
    now = starts_on(ladder.rules.window, on)
    carried = carried_days(ladder.rules.window, on)
    first, last = carried or (date.max, date.max)
    since = min(now, first)
    days = [f"'{day.isoformat()}'" for day in (now, first, last, since)]
    if rows.is_postgresql():
        days = [f"DATE {day}" for day in days]
    quote = connection.ops.quote_name
    text = _SUMS.format(
        standing=STANDING,
        units=UNITS[ladder.rules.basis],
        members=quote(Member._meta.db_table),
        standings=quote(Standing._meta.db_table),
        days=quote(GrowthDay._meta.db_table),
        which=which,
        **dict(zip(("now", "first", "last", "since"), days, strict=True)),
    )
    return Statement(text, list(parameters))


def of_members(ladder: Ladder, member_ids: Collection[int], *, on: date) -> dict[int, Held]:
    """Standings and sums of these members as of this day. One query, whatever their number."""
    if not member_ids:
        return {}
    which, parameters = "m.id = ANY(%s)", [list(member_ids)]
    if not rows.is_postgresql():
        # One parameter, however many: SQLite limits their number.
        listed = ", ".join(str(int(pk)) for pk in member_ids)
        which, parameters = f"m.id IN ({listed})", []
    asked = statement(ladder, on, which, parameters)
    with connection.cursor() as cursor:
        cursor.execute(asked.text, asked.parameters)
        return {row[0]: _held(row) for row in cursor.fetchall()}


def _held(row: Sequence[Any]) -> Held:
    pk, *own, growth, keeping, carried = row
    standing = None if own[0] is None else _standing(own)
    return Held(pk, standing, int(growth), int(keeping), int(carried))


def _standing(own: Sequence[Any]) -> standings.Standing:
    level, since, by, valid, first, last, grace, warned, cause, before = own
    return standings.Standing(
        level_id=level,
        since=_day(since) or date.min,
        by=By(by),
        valid_until=_day(valid),
        counts_from=_day(first),
        counts_until=_day(last),
        grace_until=_day(grace),
        is_warned=bool(warned),
        cause=cause,
        before_id=before,
    )


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
