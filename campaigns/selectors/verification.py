"""Does every entry follow from its own explanation? Computed again from the stored inputs (I21)."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.policies import judging, legacy, returns
from campaigns.policies.programs import Program
from campaigns.selectors import rules
from points.selectors.entries import Explained, count, explained

_WINDOW = 2_000
_LISTED = 100
_REPAIRED = "repaired"


@dataclass(slots=True)
class Difference:
    """An entry that says something else than its inputs give."""

    entry: int
    reference: str
    said: Any
    computed: Any


@dataclass(slots=True)
class Report:
    """What was computed again, by type; the first differences, and how many there are in all."""

    entries: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    others: int = 0
    differences: list[Difference] = field(default_factory=list)
    different: int = 0
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not self.different

    def as_json(self) -> dict[str, Any]:
        return {
            "clean": self.is_clean,
            "entries": self.entries,
            "computed_again": dict(sorted(self.by_type.items())),
            "without_rules": self.others,
            "different": self.different,
            "differences": [
                {"entry": d.entry, "reference": d.reference, "said": d.said, "computed": d.computed}
                for d in self.differences
            ],
            "seconds": round(self.seconds, 1),
        }


def run(*, progress: Callable[[int, int], None] | None = None) -> Report:
    """Compute every entry's points again; in windows, so memory does not grow with the ledger."""
    started = time.monotonic()
    checker = _Checker()
    total, after = count(), 0
    while window := explained(after=after, limit=_WINDOW):
        for entry in window:
            checker.check(entry)
        after = window[-1].id
        if progress is not None:
            progress(checker.report.entries, total)
    checker.report.seconds = time.monotonic() - started
    return checker.report


def of_one(entry: Explained) -> Report:
    """The same for a single entry. At most three queries, for the program it was judged by."""
    checker = _Checker()
    checker.check(entry)
    return checker.report


class _Checker:
    def __init__(self) -> None:
        self.report = Report()
        self._programs: dict[int, Program | None] = {}

    def check(self, entry: Explained) -> None:
        self.report.entries += 1
        told = entry.explanation
        kind = str(told.get("type", ""))
        compute = _COMPUTERS.get(kind)
        if compute is None:
            self.report.others += 1
            return
        self.report.by_type[kind] += 1
        try:
            computed = compute(self, told)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            computed = f"{type(error).__name__}: {error}"
        said = _said(told)
        if computed != said or (entry.kind == "earn" and entry.points != said):
            self._differs(entry, said if computed != said else entry.points, computed)

    def _differs(self, entry: Explained, said: Any, computed: Any) -> None:
        self.report.different += 1
        if len(self.report.differences) < _LISTED:
            self.report.differences.append(Difference(entry.id, entry.reference, said, computed))

    def program(self, number: int) -> Program:
        if number not in self._programs:
            self._programs[number] = rules.program_numbered(number)
        program = self._programs[number]
        if program is None:
            raise LookupError(f"there is no version {number}")
        return program

    def judged(self, told: Mapping[str, Any]) -> Any:
        """The points, or what the whole explanation should say where it says something else."""
        judgement = judging.judge_again(self.program(told["rule"]), told)
        plain = {name: value for name, value in told.items() if name != "part"}
        if _comparable(judgement.explanation) != _comparable(plain):
            return {"explanation": judgement.explanation}
        return judgement.parts[told["part"]].points if "part" in told else judgement.points

    def repaired(self, told: Mapping[str, Any]) -> Any:
        earned = {**told, "type": judging.EARNED}
        judgement = judging.judge_again(self.program(told["rule"]), earned)
        more = judging.missing_parts(judgement.parts, told["had"])
        return more[told["lot"]].points


def _said(told: Mapping[str, Any]) -> Any:
    """What the entry says: the points of its own lot, where there are several."""
    if "part" in told and "parts" in told and told["type"] != _REPAIRED:
        return told["parts"][told["part"]]["points"]
    return told["result"]


# What the ledger itself adds to an explanation is not of the rules' making.
_LEDGERS_OWN = frozenset({"clawback", "lapsed", "regranted"})


def _comparable(told: Mapping[str, Any]) -> dict[str, Any]:
    """Tuples and lists alike, as after a journey through the database."""
    return {name: _lists(value) for name, value in told.items() if name not in _LEDGERS_OWN}


def _lists(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_lists(item) for item in value]
    if isinstance(value, dict):
        return {name: _lists(item) for name, item in value.items()}
    return value


_COMPUTERS: dict[str, Callable[[_Checker, Mapping[str, Any]], Any]] = {
    judging.EARNED: _Checker.judged,
    judging.UNLINKED: _Checker.judged,
    _REPAIRED: _Checker.repaired,
    returns.RETURNED: lambda _checker, told: returns.judged_again(told),
    "returned_meanwhile": lambda _checker, told: told["total"] - told["before"],
    **{kind: (lambda _checker, told: legacy.recomputed(told)) for kind in legacy.TYPES},
}
