"""When a rule applies: a list of conditions, kept as data.

A rule's conditions must all hold; the values inside of one are alternatives; `"not": true` turns
one round.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from campaigns.policies.kinds import KINDS, SPANS, Level, decimal_of
from campaigns.policies.occasions import Line, Occasion
from campaigns.policies.problems import Broken, Params, Problem

__all__ = [
    "KINDS",
    "SPANS",
    "Broken",
    "Condition",
    "Problem",
    "compiled",
    "decimal_of",
    "needs_of",
    "problems",
]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. Exactly one of the three checks is set, by its level."""

    kind: str
    params: Params
    level: Level
    negated: bool
    occasion: Callable[[Occasion], bool] | None = None
    line: Callable[[Line], bool] | None = None
    sums: Callable[[int, Decimal], bool] | None = None


def problems(conditions: Any) -> Iterator[Problem]:
    """What is wrong with a rule's list of conditions; the field is `conditions.<place>.<name>`."""
    if not isinstance(conditions, list):
        yield Problem("conditions", "value_invalid")
        return
    for place, item in enumerate(conditions):
        where = f"conditions.{place}"
        if not isinstance(item, Mapping) or item.get("kind") not in KINDS:
            yield Problem(where, "condition_unknown")
            continue
        kind = KINDS[item["kind"]]
        unknown = sorted(set(item) - {"kind", "not", *kind.names})
        yield from (Problem(f"{where}.{name}", "field_unknown") for name in unknown)
        if item.get("not", False) not in (True, False):
            yield Problem(f"{where}.not", "value_invalid")
        for problem in kind.problems(item):
            yield Problem(f"{where}.{problem.field}", problem.code, problem.params)


def compiled(conditions: Sequence[Params], leap_day: str) -> tuple[Condition, ...]:
    """The conditions ready to check. Raises `Broken` for one that cannot be evaluated."""
    for problem in problems(list(conditions)):
        raise Broken(f"{problem.field}: {problem.code}")
    made = []
    for params in conditions:
        kind = KINDS[params["kind"]]
        check = kind.check(params, leap_day)
        level_field = {"occasion": "occasion", "line": "line", "sum": "sums"}[kind.level]
        made.append(
            Condition(
                kind=kind.name,
                params=params,
                level=kind.level,
                negated=bool(params.get("not", False)),
                **{level_field: check},
            )
        )
    return tuple(made)


def needs_of(conditions: Iterable[Condition]) -> frozenset[str]:
    return frozenset(need for c in conditions for need in KINDS[c.kind].needs(c.params))
