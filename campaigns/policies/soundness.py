"""What makes a program or rule unfit: told by field and code, before anything is published."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from campaigns.policies import conditions as vocabulary
from campaigns.policies.conditions import Problem
from campaigns.policies.occasions import TRIGGERS
from campaigns.policies.periods import PERIODS, VALIDITIES
from campaigns.policies.terms import (
    BAND_MULTIPLIER,
    BANDS,
    BASE,
    BASIC,
    EFFECTS,
    EXCLUDABLE,
    EXTRA,
    FACTOR_SCALE,
    LEAP_DAYS,
    MAX_FACTOR,
    MAX_LIMIT,
    MAX_POINTS,
    MAX_RULES,
    MEASURES,
    MULTIPLIER,
    MULTIPLYING,
    PER_BLOCK,
    PER_YUAN,
    SCOPES,
    STACKINGS,
    TIMINGS,
    ProgramTerms,
    RuleTerms,
    date_of,
)


def problems(terms: ProgramTerms) -> Iterator[Problem]:
    """Everything that makes these terms unfit to be published, settings first."""
    yield from _setting_problems(terms)
    yield from validity_problems(terms.validity, "validity")
    if len(terms.rules) > MAX_RULES:
        yield Problem("rules", "too_many_rules", (("limit", MAX_RULES),))
    seen: set[str] = set()
    for rule in terms.rules:
        if rule.key in seen or rule.key == BASIC:
            yield Problem(f"rules.{rule.key}.key", "key_twice")
        seen.add(rule.key)
        for problem in rule_problems(rule):
            yield Problem(f"rules.{rule.key}.{problem.field}", problem.code, problem.params)


def _setting_problems(terms: ProgramTerms) -> Iterator[Problem]:
    choices = {
        "floor_at": ("receipt", "line"),
        "stacking": STACKINGS,
        "leap_day": LEAP_DAYS,
        "basic_method": (PER_YUAN, PER_BLOCK),
    }
    for name, allowed in choices.items():
        if getattr(terms, name) not in allowed:
            yield Problem(name, "value_invalid")
    if terms.basic_yuan <= 0:
        yield Problem("basic_yuan", "block_not_positive")
    if not 0 <= terms.basic_points <= MAX_POINTS:
        yield Problem("basic_points", "points_out_of_range", (("limit", MAX_POINTS),))
    if terms.ceiling is not None and not 1 <= terms.ceiling <= MAX_FACTOR:
        yield Problem("ceiling", "factor_out_of_range", (("limit", str(MAX_FACTOR)),))
    for name in ("order_cap", "day_cap", "month_cap"):
        cap = getattr(terms, name)
        if cap is not None and not 1 <= cap <= MAX_LIMIT:
            yield Problem(name, "number_out_of_range", (("low", 1), ("high", MAX_LIMIT)))
    excluded: Mapping[str, Sequence[Any]] = terms.excluded
    for name, values in excluded.items():
        if name not in EXCLUDABLE or not all(isinstance(v, str) and v for v in values):
            yield Problem("excluded", "value_invalid")


def rule_problems(rule: RuleTerms) -> Iterator[Problem]:
    """What is wrong with one rule, by the names of its fields."""
    if rule.trigger not in TRIGGERS:
        yield Problem("trigger", "value_invalid")
    if rule.trigger in ("custom", "event") and not rule.code:
        yield Problem("code", "value_missing")
    if rule.effect not in EFFECTS:
        yield Problem("effect", "value_invalid")
        return
    if rule.combine not in (BASE, EXTRA):
        yield Problem("combine", "value_invalid")
    yield from _effect_problems(rule)
    yield from vocabulary.problems(list(rule.conditions))
    yield from _limit_problems(rule)
    if rule.validity:
        yield from validity_problems(rule.validity, "validity")
        if rule.effect in MULTIPLYING and rule.factor < 1:
            yield Problem("validity", "reduction_has_no_points")
    yield from _timing_problems(rule.timing)


def _effect_problems(rule: RuleTerms) -> Iterator[Problem]:
    if rule.effect == MULTIPLIER:
        if not 0 <= rule.factor <= MAX_FACTOR:
            yield Problem("factor", "factor_out_of_range", (("limit", str(MAX_FACTOR)),))
        elif rule.factor * FACTOR_SCALE != int(rule.factor * FACTOR_SCALE):
            yield Problem("factor", "too_many_decimals", (("limit", 2),))
        return
    if rule.effect in (BANDS, BAND_MULTIPLIER):
        yield from _band_problems(rule)
        return
    if not 1 <= rule.points <= MAX_POINTS:
        yield Problem("points", "points_out_of_range", (("limit", MAX_POINTS),))
    if rule.effect in (PER_YUAN, PER_BLOCK) and not 0 < rule.yuan <= 10**8:
        yield Problem("yuan", "block_not_positive")


def _band_problems(rule: RuleTerms) -> Iterator[Problem]:
    if not rule.bands:
        yield Problem("bands", "value_missing")
    last = Decimal(-1)
    for band in rule.bands:
        start = vocabulary.decimal_of(band.get("from"))
        if start is None or start < 0 or start != round(start, 2):
            yield Problem("bands", "number_invalid")
            return
        if start <= last:
            yield Problem("bands", "bands_overlap")
            return
        last = start
        if rule.effect == BANDS:
            points = band.get("points")
            if type(points) is not int or not 0 <= points <= MAX_POINTS:
                yield Problem("bands", "points_out_of_range", (("limit", MAX_POINTS),))
        else:
            factor = vocabulary.decimal_of(band.get("factor"))
            if factor is None or not 0 <= factor <= MAX_FACTOR or factor != round(factor, 2):
                yield Problem("bands", "factor_out_of_range", (("limit", str(MAX_FACTOR)),))


def _limit_problems(rule: RuleTerms) -> Iterator[Problem]:
    seen = set()
    for limit in rule.limits:
        scope, period = limit.get("per"), limit.get("period", "ever")
        measures = [name for name in MEASURES if name in limit]
        if scope not in SCOPES or period not in PERIODS or len(measures) != 1:
            yield Problem("limits", "value_invalid")
            continue
        measure = measures[0]
        value = vocabulary.decimal_of(limit[measure])
        if value is None or not 0 < value <= MAX_LIMIT:
            yield Problem("limits", "number_out_of_range", (("low", 1), ("high", MAX_LIMIT)))
        elif measure != "yuan" and value != int(value):
            yield Problem("limits", "number_invalid")
        if scope == "order" and measure == "times":
            yield Problem("limits", "value_invalid")
        if (scope, period, measure) in seen:
            yield Problem("limits", "limit_twice")
        seen.add((scope, period, measure))


def validity_problems(validity: Mapping[str, Any], name: str) -> Iterator[Problem]:
    kind = validity.get("kind")
    if kind not in VALIDITIES:
        yield Problem(name, "value_invalid")
        return
    count = validity.get("count", 0)
    low = 1 if kind in ("months", "days") else 0
    if type(count) is not int or not low <= count <= 3660:
        yield Problem(f"{name}_count", "number_out_of_range", (("low", low), ("high", 3660)))
    if kind == "date" and date_of(validity.get("date")) is None:
        yield Problem(f"{name}_date", "date_invalid")


def _timing_problems(timing: Mapping[str, Any]) -> Iterator[Problem]:
    kind = timing.get("kind", "inherit")
    if kind not in TIMINGS:
        yield Problem("timing", "value_invalid")
    if kind == "days":
        days = timing.get("days")
        if type(days) is not int or not 0 <= days <= 365:
            yield Problem("timing_days", "number_out_of_range", (("low", 0), ("high", 365)))
    if kind == "date" and date_of(timing.get("date")) is None:
        yield Problem("timing_date", "date_invalid")
