"""How two rules' conditions relate: whether one covers the other, and whether both can hold."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from campaigns.policies.conditions import KINDS, Broken, compiled, decimal_of
from campaigns.policies.occasions import Line, Occasion
from campaigns.policies.programs import RuleTerms
from stores.selectors import goods

Condition = Mapping[str, Any]
Paths = Mapping[str, Sequence[str]]
# Of these, one occasion or line has exactly one value: two lists without a common one exclude
# each other.
_SINGLE = frozenset({"tier", "store", "channel", "business", "sku", "brand", "weekday"})
_CALENDAR = frozenset({"dates", "season", "weekday", "day_of_month"})
_DAYS_LOOKED_AT = 366 * 4 + 1


def covers(wide: RuleTerms, narrow: RuleTerms, paths: Paths) -> bool:
    """Whether `wide` surely applies to everything that `narrow` applies to."""
    if wide.trigger not in (narrow.trigger, "purchase") or wide.code not in ("", narrow.code):
        return False
    if narrow.trigger not in (wide.trigger, "first_order"):
        return False
    if any("times" in limit for limit in wide.limits):
        return False  # once it is used up, the next one is asked
    sums = [one for one in wide.conditions if KINDS[one["kind"]].level == "sum"]
    if sums and not _same_lines(wide, narrow):
        return False
    return all(any(_implies(n, w, paths) for n in narrow.conditions) for w in wide.conditions)


def _same_lines(one: RuleTerms, other: RuleTerms) -> bool:
    def lines(rule: RuleTerms) -> list[Condition]:
        return [c for c in rule.conditions if KINDS[c["kind"]].level == "line"]

    return lines(one) == lines(other)


def _implies(narrow: Condition, wide: Condition, paths: Paths) -> bool:
    """Whether `wide` holds wherever `narrow` does."""
    if narrow == wide:
        return True
    if narrow["kind"] != wide["kind"] or bool(narrow.get("not")) != bool(wide.get("not")):
        return False
    one, other = (narrow, wide) if not narrow.get("not") else (wide, narrow)
    if "in" in narrow and narrow["kind"] != "attribute":
        return set(one["in"]) <= set(other["in"]) or _below(one, other, paths)
    if narrow["kind"] in ("amount", "quantity", "dates"):
        return bool(_bound(one, "from") >= _bound(other, "from") and _top(one) <= _top(other))
    return False


def _below(one: Condition, other: Condition, paths: Paths) -> bool:
    """Whether each category of `one` lies in or below one of `other`."""
    if one["kind"] != "category":
        return False
    roofs = set(other["in"])
    return all(not roofs.isdisjoint(paths.get(code, (code,))) for code in one["in"])


def _bound(condition: Condition, name: str) -> Any:
    value = condition.get(name)
    if condition["kind"] == "dates":
        return str(value)
    number = decimal_of(value)
    return Decimal(0) if number is None else number


def _top(condition: Condition) -> Any:
    if condition["kind"] != "dates" and condition.get("to") in (None, ""):
        return Decimal("Infinity")
    return _bound(condition, "to")


def can_meet(one: RuleTerms, other: RuleTerms, starts: date) -> bool:
    """Whether both rules may apply to the same goods of one purchase or act."""
    if {one.trigger, other.trigger} != {one.trigger} and {one.trigger, other.trigger} != {
        "purchase",
        "first_order",
    }:
        return False
    if one.code and other.code and one.code != other.code:
        return False
    for a in one.conditions:
        if any(_excludes(a, b) for b in other.conditions):
            return False
    return a_day([*one.conditions, *other.conditions], starts) is not None


def _excludes(a: Condition, b: Condition) -> bool:
    if a["kind"] != b["kind"]:
        return False
    if "in" in a and a["kind"] in _SINGLE:
        if not a.get("not") and not b.get("not"):
            return set(a["in"]).isdisjoint(b["in"])
        if bool(a.get("not")) != bool(b.get("not")):
            inside, outside = (b, a) if a.get("not") else (a, b)
            return set(inside["in"]) <= set(outside["in"])
    return False


def a_day(conditions: Sequence[Condition], starts: date) -> date | None:
    """The first day from `starts` on (of four years) that fits all conditions on the calendar."""
    asked = [one for one in conditions if one["kind"] in _CALENDAR]
    first = [one["from"] for one in asked if one["kind"] == "dates" and not one.get("not")]
    begin = max(starts, date.fromisoformat(max(first))) if first else starts
    fitting = (1 << _DAYS_LOOKED_AT) - 1
    for one in asked:
        fitting &= _fitting_days(json.dumps(one, sort_keys=True), begin)
    if not fitting:
        return None
    return begin + timedelta(days=(fitting & -fitting).bit_length() - 1)


@lru_cache(maxsize=512)
def _fitting_days(condition: str, begin: date) -> int:
    """The days from `begin` on that fit, as bits: many rules ask for the same few conditions."""
    try:
        (check,) = compiled([json.loads(condition)], "feb28")
    except Broken:
        return (1 << _DAYS_LOOKED_AT) - 1
    found = 0
    for number in range(_DAYS_LOOKED_AT):
        occasion = _on(begin + timedelta(days=number))
        if check.occasion is None or check.occasion(occasion) != check.negated:
            found |= 1 << number
    return found


def _on(day: date) -> Occasion:
    return Occasion(trigger="purchase", at=datetime.combine(day, time(12), UTC), lines=[Line(1, 0)])


def paths_of(rules: Sequence[RuleTerms]) -> Paths:
    """The paths of all categories that usable rules name; no query when they name none."""
    conditions = (one for rule in rules for one in rule.conditions)
    codes = {code for one in conditions if one["kind"] == "category" for code in one["in"]}
    return goods.category_paths(codes) if codes else {}
