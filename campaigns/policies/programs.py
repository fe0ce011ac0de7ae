"""A program's terms as data, and ready to judge by.

Terms are what a merchant sets and a published version keeps. `compiled` makes of them what
`judging` works with; a rule that cannot be evaluated becomes a broken rule there, so that the
others still count. `problems` is what saving refuses.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from campaigns.policies import conditions as vocabulary
from campaigns.policies.conditions import Broken, Condition, Problem
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import PURCHASE, TRIGGERS
from campaigns.policies.periods import PERIODS, VALIDITIES, Validity

Rounding = Literal["receipt", "line"]
Stacking = Literal["multiply", "add", "highest"]

BASIC = "basic"
PER_YUAN, PER_BLOCK, PER_ITEM, FIXED = "per_yuan", "per_block", "per_item", "fixed"
BANDS, MULTIPLIER, BAND_MULTIPLIER = "bands", "multiplier", "band_multiplier"
EFFECTS = (PER_YUAN, PER_BLOCK, PER_ITEM, FIXED, BANDS, MULTIPLIER, BAND_MULTIPLIER)
MULTIPLYING = frozenset({MULTIPLIER, BAND_MULTIPLIER})
# "base": each line earns by the first base rule that picks it; "extra": on top of that.
BASE, EXTRA = "base", "extra"
STACKINGS = ("multiply", "add", "highest")
SCOPES = ("order", "member", "all")
MEASURES = ("points", "times", "yuan")
TIMINGS = ("inherit", "at_once", "days", "date")
EXCLUDABLE = ("category", "sku", "brand", "label")
LEAP_DAYS = ("feb28", "mar1")
MAX_POINTS = 1_000_000
MAX_FACTOR = Decimal(100)
MAX_LIMIT = 10**12
MAX_RULES = 200
# Factors count in hundredths.
FACTOR_SCALE = 100


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """A rule as it is kept: plain values, JSON where there is a list of things."""

    key: str
    name: str
    effect: str
    name_en: str = ""
    trigger: str = PURCHASE
    code: str = ""
    combine: str = BASE
    is_multiplied: bool = False
    points: int = 0
    yuan: Decimal = Decimal(1)
    factor: Decimal = Decimal(1)
    bands: Sequence[Mapping[str, Any]] = ()
    conditions: Sequence[Mapping[str, Any]] = ()
    limits: Sequence[Mapping[str, Any]] = ()
    validity: Mapping[str, Any] = field(default_factory=dict)
    timing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgramTerms:
    """A version's settings and rules. `basic_points` for every `basic_yuan`; 0 for no basic rate.

    `order_cap`, `day_cap`, `month_cap`: most points per member of purchases; None for no cap.
    """

    number: int
    starts_at: datetime
    basic_method: str = PER_YUAN
    basic_points: int = 0
    basic_yuan: Decimal = Decimal(1)
    floor_at: str = "receipt"
    stacking: str = "multiply"
    ceiling: Decimal | None = None
    freight_earns: bool = False
    coupon_part_earns: bool = False
    points_part_earns: bool = False
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)
    validity: Mapping[str, Any] = field(default_factory=lambda: {"kind": "months", "count": 12})
    pending_days: int = 0
    order_cap: int | None = None
    day_cap: int | None = None
    month_cap: int | None = None
    leap_day: str = "feb28"
    rules: Sequence[RuleTerms] = ()
    id: int = 0


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
    """A version ready to judge by; `needs` names the facts that its rules look at."""

    terms: ProgramTerms
    by_trigger: Mapping[str, tuple[Rule, ...]]
    caps: tuple[Limit, ...]
    excluded: Mapping[str, frozenset[str]]
    ceiling: int | None
    validity: Validity
    timing: Timing
    needs: frozenset[str]
    limits: tuple[Limit, ...]

    @property
    def number(self) -> int:
        return self.terms.number

    def rules_for(self, trigger: str) -> tuple[Rule, ...]:
        return self.by_trigger.get(trigger, ())

    def rule(self, key: str) -> Rule | None:
        rules = (rule for rules in self.by_trigger.values() for rule in rules)
        return next((rule for rule in rules if rule.key == key), None)


# --- what is wrong ---------------------------------------------------------------------------


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
    if kind == "date" and _date_of(validity.get("date")) is None:
        yield Problem(f"{name}_date", "date_invalid")


def _timing_problems(timing: Mapping[str, Any]) -> Iterator[Problem]:
    kind = timing.get("kind", "inherit")
    if kind not in TIMINGS:
        yield Problem("timing", "value_invalid")
    if kind == "days":
        days = timing.get("days")
        if type(days) is not int or not 0 <= days <= 365:
            yield Problem("timing_days", "number_out_of_range", (("low", 0), ("high", 365)))
    if kind == "date" and _date_of(timing.get("date")) is None:
        yield Problem("timing_date", "date_invalid")


def _date_of(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


# --- ready to judge --------------------------------------------------------------------------


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
        needs=_needs(terms, rules, limits),
        limits=limits,
    )


def validity_of(data: Mapping[str, Any]) -> Validity:
    return Validity(
        kind=data["kind"], count=int(data.get("count", 0)), last_day=_date_of(data.get("date"))
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
        return Timing(day=_date_of(data["date"]))
    return None


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
