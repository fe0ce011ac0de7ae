"""The dry run of a clearing: who would lose what, what it is worth, and who was not told.

Reads only. Members are walked in windows; nothing loads them all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.models import ClearingPlan
from points.policies import in_yuan
from points.selectors import balances, clearings
from points.selectors.clearings import Loser

TOP = 20
BANDS = (100, 500, 1_000, 5_000, 10_000)
"""Where the sizes of losses divide: below 100 points, 100 to 499, …, 10,000 and more."""


@dataclass(slots=True)
class _Sum:
    members: int = 0
    points: int = 0

    def add(self, points: int) -> None:
        self.members += 1
        self.points += points


@dataclass(slots=True)
class _Totals:
    members: _Sum = field(default_factory=_Sum)
    untold: _Sum = field(default_factory=_Sum)
    lots: int = 0
    bands: list[_Sum] = field(default_factory=lambda: [_Sum() for _ in range(len(BANDS) + 1)])
    top: list[Loser] = field(default_factory=list)
    grouped: dict[str, dict[str, _Sum]] = field(default_factory=dict)

    def add(self, loser: Loser) -> None:
        self.members.add(loser.points)
        self.lots += loser.lots
        if loser.untold:
            self.untold.add(loser.untold)
        self.bands[sum(loser.points >= bound for bound in BANDS)].add(loser.points)

    def keep_top(self, losers: list[Loser]) -> None:
        self.top = sorted([*self.top, *losers], key=lambda one: (-one.points, one.account))[:TOP]


def compute(
    plan: ClearingPlan, *, at: datetime, goes_on: Callable[[], bool] | None = None
) -> dict[str, Any] | None:
    """What the clearing would do if it ran with what stands at `at`; None when told to stop.

    Points and members that it would take, their worth in yuan, by level (and whatever other
    groups are registered), store, source and earning year, sizes of losses, who loses most, and
    who lacks a notice that was owed by `at`. Held and pending points are told apart: it leaves
    them alone.
    """
    settings = clearings.settings()
    rate = balances.ledger_settings().points_per_yuan
    totals = _Totals()
    for losers in clearings.losers(plan.scope, settings, at=at):
        if goes_on and not goes_on():
            return None
        for loser in losers:
            totals.add(loser)
        totals.keep_top(losers)
        _group(totals, losers)
    held, pending = clearings.left_alone(plan.scope)
    return {
        "at": at.isoformat(),
        "accounts": totals.members.members,
        "lots": totals.lots,
        "points": totals.members.points,
        "yuan": str(in_yuan(totals.members.points, rate)),
        "points_per_yuan": rate,
        "not_told": {"accounts": totals.untold.members, "points": totals.untold.points},
        "held": held,
        "kept": clearings.kept(plan.scope),
        "pending": pending,
        "required": list(settings.required),
        "bands": [
            {"from": low, "members": one.members, "points": one.points}
            for low, one in zip((1, *BANDS), totals.bands, strict=True)
        ],
        "groups": {code: _largest_first(found) for code, found in sorted(totals.grouped.items())},
        "stores": clearings.by_store(plan.scope),
        "sources": clearings.by_source(plan.scope),
        "years": clearings.by_year(plan.scope),
        "top": [
            {
                "member": one.member,
                "account": one.account,
                "points": one.points,
                "stays": one.stays,
                "yuan": str(in_yuan(one.points, rate)),
            }
            for one in totals.top
        ],
    }


def _group(totals: _Totals, losers: list[Loser]) -> None:
    """Add up by what apps above say of members, such as their level."""
    for code, named in clearings.groups_of([one.member for one in losers]).items():
        found = totals.grouped.setdefault(code, {})
        for one in losers:
            found.setdefault(named.get(one.member, ""), _Sum()).add(one.points)


def _largest_first(found: dict[str, _Sum]) -> list[dict[str, Any]]:
    rows = [
        {"name": name, "members": one.members, "points": one.points} for name, one in found.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["points"])), str(row["name"])))
