"""A program ready to judge by, compiled from its terms.

A rule that cannot be evaluated becomes a broken rule, so that the others still count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from campaigns.policies import conditions as vocabulary
from campaigns.policies.conditions import Broken, Condition
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import PURCHASE, TRIGGERS
from campaigns.policies.periods import Validity
from campaigns.policies.soundness import problems, rule_problems, validity_problems
from campaigns.policies.terms import (
    BAND_MULTIPLIER,
    BANDS,
    BASE,
    BASIC,
    EFFECTS,
    EXCLUDABLE,
    EXTRA,
    FACTOR_SCALE,
    FIXED,
    LEAP_DAYS,
    MAX_FACTOR,
    MAX_LIMIT,
    MAX_POINTS,
    MAX_RULES,
    MEASURES,
    MULTIPLIER,
    MULTIPLYING,
    PER_BLOCK,
    PER_ITEM,
    PER_YUAN,
    SCOPES,
    STACKINGS,
    TIMINGS,
    ProgramTerms,
    Rounding,
    RuleTerms,
    Stacking,
    date_of,
)

# One name for everything about programs, wherever it is written down.
__all__ = [
    "BANDS",
    "BAND_MULTIPLIER",
    "BASE",
    "BASIC",
    "EFFECTS",
    "EXCLUDABLE",
    "EXTRA",
    "FACTOR_SCALE",
    "FIXED",
    "LEAP_DAYS",
    "MAX_FACTOR",
    "MAX_LIMIT",
    "MAX_POINTS",
    "MAX_RULES",
    "MEASURES",
    "MULTIPLIER",
    "MULTIPLYING",
    "PER_BLOCK",
    "PER_ITEM",
    "PER_YUAN",
    "SCOPES",
    "STACKINGS",
    "TIMINGS",
    "Band",
    "Limit",
    "Program",
    "ProgramTerms",
    "Rounding",
    "Rule",
    "RuleTerms",
    "Stacking",
    "Timing",
    "compiled",
    "problems",
    "rule_problems",
    "validity_of",
    "validity_problems",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `value` (points, times or yuan) of one rule, or of the program when `rule` is "".

    `scope` order: in one purchase; member: of one member in the period; all: of all together.
    """

    rule: str
    scope: str
    period: str
    measure: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Timing:
    """When points become usable (F31, F32): on a day, or `pending` days after the order is
    complete; None for at once, complete or not."""

    pending: int | None = 0
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Band:
    at_least: int
    points: int
    factor: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to judge by. `yuan` is scaled; factors are in hundredths.

    Without a validity or timing of its own it takes the program's; a multiplier takes those of
    the points that it multiplies.
    """

    key: str
    name: str
    name_en: str
    trigger: str
    code: str
    effect: str
    is_extra: bool
    is_multiplied: bool
    points: int
    yuan: int
    factor: int
    bands: tuple[Band, ...]
    on_occasion: tuple[Condition, ...]
    on_lines: tuple[Condition, ...]
    on_sums: tuple[Condition, ...]
    limits: tuple[Limit, ...]
    validity: Validity | None
    timing: Timing | None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A version ready to judge by; `needs` names the facts that its rules look at, `groups`
    the tags and segments among them."""

    terms: ProgramTerms
    by_trigger: Mapping[str, tuple[Rule, ...]]
    caps: tuple[Limit, ...]
    excluded: Mapping[str, frozenset[str]]
    ceiling: int | None
    validity: Validity
    timing: Timing
    needs: frozenset[str]
    groups: frozenset[str]
    limits: tuple[Limit, ...]

    @property
    def number(self) -> int:
        return self.terms.number

    def rules_for(self, trigger: str) -> tuple[Rule, ...]:
        return self.by_trigger.get(trigger, ())

    def rule(self, key: str) -> Rule | None:
        rules = (rule for rules in self.by_trigger.values() for rule in rules)
        return next((rule for rule in rules if rule.key == key), None)


def compiled(terms: ProgramTerms) -> Program:
    """The program ready to judge by; a rule that cannot be evaluated is there as a broken one."""
    rules = [_compiled_rule(rule, terms.leap_day) for rule in terms.rules]
    if terms.basic_points:
        rules.append(_basic(terms))
    by_trigger: dict[str, tuple[Rule, ...]] = {}
    for trigger in TRIGGERS:
        # A first order is a purchase too: the judge tells whether it is one.
        asked = (trigger, "first_order") if trigger == PURCHASE else (trigger,)
        found = tuple(rule for rule in rules if rule.trigger in asked)
        if found:
            by_trigger[trigger] = found
    caps = _caps(terms)
    limits = caps + tuple(limit for rule in rules for limit in rule.limits)
    return Program(
        terms=terms,
        by_trigger=by_trigger,
        caps=caps,
        excluded={name: frozenset(values) for name, values in terms.excluded.items() if values},
        ceiling=None if terms.ceiling is None else int(terms.ceiling * FACTOR_SCALE),
        validity=validity_of(terms.validity),
        timing=Timing(pending=terms.pending_days),
        groups=_groups(rules),
        needs=_needs(terms, rules, limits),
        limits=limits,
    )


def validity_of(data: Mapping[str, Any]) -> Validity:
    return Validity(
        kind=data["kind"], count=int(data.get("count", 0)), last_day=date_of(data.get("date"))
    )


def _caps(terms: ProgramTerms) -> tuple[Limit, ...]:
    asked = (
        ("order", "ever", terms.order_cap),
        ("member", "day", terms.day_cap),
        ("member", "month", terms.month_cap),
    )
    return tuple(
        Limit("", scope, period, "points", Decimal(value))
        for scope, period, value in asked
        if value is not None
    )


def _basic(terms: ProgramTerms) -> Rule:
    basic = RuleTerms(
        key=BASIC,
        name="",
        effect=terms.basic_method,
        points=terms.basic_points,
        yuan=terms.basic_yuan,
    )
    return _rule(basic, ())


def _compiled_rule(rule: RuleTerms, leap_day: str) -> Rule:
    try:
        for problem in rule_problems(rule):
            raise Broken(f"{problem.field}: {problem.code}")
        return _rule(rule, vocabulary.compiled(list(rule.conditions), leap_day))
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        return _broken(rule, error)


def _rule(rule: RuleTerms, checks: tuple[Condition, ...]) -> Rule:
    return Rule(
        key=rule.key,
        name=rule.name,
        name_en=rule.name_en,
        trigger=rule.trigger,
        code=rule.code,
        effect=rule.effect,
        is_extra=rule.combine == EXTRA,
        is_multiplied=rule.is_multiplied,
        points=rule.points,
        yuan=scaled(Decimal(rule.yuan)),
        factor=int(rule.factor * FACTOR_SCALE),
        bands=_bands(rule),
        on_occasion=tuple(c for c in checks if c.level == "occasion"),
        on_lines=tuple(c for c in checks if c.level == "line"),
        on_sums=tuple(c for c in checks if c.level == "sum"),
        limits=_limits(rule),
        validity=validity_of(rule.validity) if rule.validity else None,
        timing=_timing(rule.timing),
    )


def _broken(rule: RuleTerms, error: Exception) -> Rule:
    return Rule(
        key=rule.key,
        name=rule.name,
        name_en=rule.name_en,
        trigger=rule.trigger,
        code=rule.code,
        effect=rule.effect,
        is_extra=True,
        is_multiplied=False,
        points=0,
        yuan=1,
        factor=FACTOR_SCALE,
        bands=(),
        on_occasion=(),
        on_lines=(),
        on_sums=(),
        limits=(),
        validity=None,
        timing=None,
        broken=f"{type(error).__name__}: {error}"[:300],
    )


def _bands(rule: RuleTerms) -> tuple[Band, ...]:
    return tuple(
        Band(
            at_least=scaled(Decimal(band["from"])),
            points=int(band.get("points", 0)),
            factor=int(Decimal(band.get("factor", 1)) * FACTOR_SCALE),
        )
        for band in rule.bands
    )


def _limits(rule: RuleTerms) -> tuple[Limit, ...]:
    limits = []
    for data in rule.limits:
        measure = next(name for name in MEASURES if name in data)
        limits.append(
            Limit(
                rule.key, data["per"], data.get("period", "ever"), measure, Decimal(data[measure])
            )
        )
    return tuple(limits)


def _timing(data: Mapping[str, Any]) -> Timing | None:
    kind = data.get("kind", "inherit")
    if kind == "at_once":
        return Timing(pending=None)
    if kind == "days":
        return Timing(pending=int(data["days"]))
    if kind == "date":
        return Timing(day=date_of(data["date"]))
    return None


def _groups(rules: Sequence[Rule]) -> frozenset[str]:
    """The tags and segments that some rule asks for."""
    return frozenset(
        value
        for rule in rules
        for condition in rule.on_occasion
        if condition.kind in ("tag", "segment")
        for value in condition.params["in"]
    )


def _needs(terms: ProgramTerms, rules: Sequence[Rule], limits: Sequence[Limit]) -> frozenset[str]:
    needs: set[str] = set()
    for rule in rules:
        needs |= vocabulary.needs_of((*rule.on_occasion, *rule.on_lines, *rule.on_sums))
        if rule.effect == PER_ITEM:
            needs.add("quantity")
        if rule.trigger == "first_order":
            needs.add("purchases:ever")
        if rule.code:
            needs.add("code")
    needs |= {"labels" if name == "label" else name for name, v in terms.excluded.items() if v}
    if any(limit.measure == "yuan" for limit in limits):
        needs.add("points_per_yuan")
    if any(limit.scope != "order" for limit in limits):
        needs.add("limits")
    return frozenset(needs)
