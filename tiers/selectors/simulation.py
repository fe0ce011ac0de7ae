"""Who would be where under other thresholds: counted set by set, nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from tiers.policies.ladders import SCALE, Ladder
from tiers.selectors import sums

_COUNT = """
SELECT t.level_id, t.is_invited, {reached} AS reached, COUNT(*) FROM (
  SELECT inner_sums.*, CASE WHEN inner_sums.by = 'invitation' THEN 1 ELSE 0 END AS is_invited
  FROM ({sums}) inner_sums
) t GROUP BY 1, 2, 3
"""


@dataclass(slots=True)
class Row:
    """One level: its members now, those whose growth would reach it, who of them comes from
    below (`up`, at once) and from above (`down`, when their period ends)."""

    code: str
    name: str
    threshold: int | None
    now: int = 0
    then: int = 0
    up: int = 0
    down: int = 0


@dataclass(slots=True)
class Simulation:
    """How many members would be where; `members` in all."""

    rows: list[Row] = field(default_factory=list)
    members: int = 0
    up: int = 0
    down: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            "members": self.members,
            "up": self.up,
            "down": self.down,
            "levels": [
                {
                    "code": row.code,
                    "threshold": row.threshold,
                    "now": row.now,
                    "then": row.then,
                    "up": row.up,
                    "down": row.down,
                }
                for row in self.rows
            ],
        }


def simulate(ladder: Ladder, *, on: date, names: Sequence[str] | None = None) -> Simulation:
    """Count every member by the level that growth alone would give under `ladder` on this day.

    Members by invitation stay where they are. `ladder` has the ids of the levels that exist; one
    that is new has an id below 0. One statement over all members.
    """
    asked = sums.statement(ladder, on, "m.id > %s", [0])
    tests = " ".join(
        f"WHEN t.growth >= {(step.threshold or 0) * SCALE} OR t.carried >= "
        f"{(step.threshold or 0) * SCALE} THEN {step.rank}"
        for step in reversed(ladder.open)
    )
    reached = f"(CASE {tests} ELSE {ladder.lowest.rank} END)"
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(reached=reached, sums=asked.text), asked.parameters)
        found = cursor.fetchall()
    return _counted(ladder, found, names)


def _counted(
    ladder: Ladder, found: Sequence[tuple[int | None, int, int, int]], names: Sequence[str] | None
) -> Simulation:
    shown = names or [step.code for step in ladder.steps]
    rows = {
        step.rank: Row(step.code, name, step.threshold)
        for step, name in zip(ladder.steps, shown, strict=True)
    }
    told = Simulation(rows=list(rows.values()))
    for level_id, is_invited, reached, count in found:
        own = ladder.at(level_id).rank
        target = max(own, reached) if is_invited else reached
        told.members += count
        rows[own].now += count
        rows[target].then += count
        if target > own:
            rows[target].up += count
            told.up += count
        elif target < own:
            rows[target].down += count
            told.down += count
    return told
