"""Why a purchase or act earned what it did, rule by rule; above all: why not more."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.policies import judging, matching, occasions
from campaigns.policies.matching import Basket, Unmet
from campaigns.policies.occasions import Occasion
from campaigns.policies.programs import MULTIPLYING, Program, Rule


class Finding(NamedTuple):
    """What became of one rule.

    `reason` is "" where it gave all that it could. Otherwise: `condition` (see `condition` and
    what the occasion had instead in `actual`), `limit`, `cut`, `other_event`, `not_first_order`,
    `nothing_counts`, `other_base` (an earlier base rule took the goods), `superseded` (a higher
    multiplier or the ceiling), `too_little` (rounded down to nothing), `no_base` (nothing to
    multiply), `broken`.
    """

    rule: str
    name: str
    name_en: str
    points: int
    reason: str = ""
    condition: Mapping[str, Any] | None = None
    actual: Any = None
    limit: tuple[Any, ...] = ()


def findings(program: Program, explanation: Mapping[str, Any]) -> list[Finding]:
    """One finding for each rule of the occasion's trigger, in the program's order."""
    inputs = explanation["inputs"]
    occasion = occasions.from_json(explanation["trigger"], explanation["currency"], inputs)
    used = judging.used_of(inputs)
    gave = dict(explanation.get("gave", ()))
    basket = Basket(program, occasion)
    found = []
    for rule in program.rules_for(occasion.trigger):
        points = gave.get(rule.key, 0)
        reason = _reason(rule, occasion, basket, used, explanation, points)
        found.append(_finding(rule, points, reason, occasion))
    return found


def _reason(
    rule: Rule,
    occasion: Occasion,
    basket: Basket,
    used: matching.Used,
    explanation: Mapping[str, Any],
    points: int,
) -> Unmet | None:
    if rule.broken or any(key == rule.key for key, _ in explanation.get("faults", ())):
        return Unmet("broken")
    places = matching.picked(rule, occasion, basket, used)
    if isinstance(places, Unmet):
        return places
    cut = next((c for c in explanation.get("cuts", ()) if c[0] in (rule.key, "")), None)
    if cut is not None:
        return Unmet("cut", None, tuple(cut[1:]))
    return None if points else Unmet(_no_points(rule, explanation))


def _no_points(rule: Rule, explanation: Mapping[str, Any]) -> str:
    steps = explanation["steps"]
    if rule.effect in MULTIPLYING:
        touched = any(t["rule"] == rule.key for s in steps for t in s.get("times", ()))
        return "superseded" if touched else "no_base"
    if any(step["rule"] == rule.key for step in steps):
        return "too_little"
    return "other_base"


def _finding(rule: Rule, points: int, unmet: Unmet | None, occasion: Occasion) -> Finding:
    if unmet is None:
        return Finding(rule.key, rule.name, rule.name_en, points)
    condition = unmet.condition
    return Finding(
        rule.key,
        rule.name,
        rule.name_en,
        points,
        unmet.reason,
        condition.params if condition else None,
        matching.actual(condition, occasion) if condition else None,
        unmet.detail,
    )
