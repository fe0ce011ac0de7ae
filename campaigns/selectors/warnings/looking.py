"""Looking a program over: rules that can never win, give nothing, or give too much."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Any

from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain
from campaigns.policies.programs import (
    BAND_MULTIPLIER,
    BANDS,
    BASE,
    BASIC,
    MULTIPLIER,
    MULTIPLYING,
    PER_BLOCK,
    PER_YUAN,
    ProgramTerms,
    RuleTerms,
    rule_problems,
)
from campaigns.selectors.warnings import figures, relations
from campaigns.selectors.warnings.kinds import Hint
from campaigns.selectors.warnings.losses import losses
from campaigns.selectors.wording import name_of
from stores.models import Article

_PAIRS_TOLD = 10
_DEAR_LINE = Decimal(20)
_GIFT_CARD = Article.Label.GIFT_CARD.value


def of_program(terms: ProgramTerms, *, now: datetime, points_per_yuan: int) -> list[Hint]:
    """All hints about a version; `points_per_yuan` is what one yuan is worth in points.

    One query when rules name categories, otherwise none.
    """
    rules = [rule for rule in terms.rules if not any(rule_problems(rule))]
    paths = relations.paths_of(rules)
    starts = max(terms.starts_at, now).date()
    found = [
        *_covered(terms, rules, paths),
        *_meeting(terms, rules, starts),
        *(hint for rule in rules for hint in _nothing(terms, rules, rule, starts, paths)),
        *losses(terms, rules, points_per_yuan=points_per_yuan, starts=starts),
        *_loops(terms, rules),
        *_for_ever(rules),
    ]
    return sorted(found, key=lambda hint: not hint.is_strong)


def about_rule(hints: list[Hint], key: str) -> list[Hint]:
    """Those that name the rule."""
    return [hint for hint in hints if key in hint.rules]


def _hint(code: str, *rules: RuleTerms, is_strong: bool = False, **facts: Any) -> Hint:
    names = dict(zip(("first", "second"), (name_of(rule) for rule in rules), strict=False))
    told = tuple((names | facts).items())
    return Hint(code, tuple(rule.key for rule in rules), told, is_strong)


def _covered(
    terms: ProgramTerms, rules: list[RuleTerms], paths: Mapping[str, Any]
) -> Iterator[Hint]:
    bases = [r for r in rules if r.combine == BASE and r.effect not in MULTIPLYING]
    for place, rule in enumerate(bases):
        wide = next((one for one in bases[:place] if relations.covers(one, rule, paths)), None)
        if wide is not None:
            yield _hint("covered", wide, rule)
    if terms.basic_points:
        basic = RuleTerms(key=BASIC, name="", effect=terms.basic_method)
        wide = next((one for one in bases if relations.covers(one, basic, paths)), None)
        if wide is not None:
            yield _hint("basic_covered", wide)


def _meeting(terms: ProgramTerms, rules: list[RuleTerms], starts: date) -> Iterator[Hint]:
    multipliers = [rule for rule in rules if rule.effect in MULTIPLYING]
    told = 0
    for one, other in combinations(multipliers, 2):
        if relations.can_meet(one, other, starts):
            if told == _PAIRS_TOLD:
                yield Hint("more_meet", (), (("count", told),))
                return
            told += 1
            together = figures.stacked(terms, [figures.highest_factor(r) for r in (one, other)])
            yield _hint("multipliers_meet", one, other, together=plain(together))


# --- rules that give nothing -----------------------------------------------------------------


def _nothing(
    terms: ProgramTerms,
    rules: list[RuleTerms],
    rule: RuleTerms,
    starts: date,
    paths: Mapping[str, Any],
) -> Iterator[Hint]:
    if relations.a_day(rule.conditions, starts) is None:
        yield _hint("no_day", rule, start=starts.isoformat())
    if _is_only_excluded(terms, rule, paths):
        yield _hint("only_excluded", rule)
    if rule.effect in MULTIPLYING:
        yield from _idle_multiplier(terms, rules, rule)
    else:
        yield from _zero(terms, rule)


def _idle_multiplier(
    terms: ProgramTerms, rules: list[RuleTerms], rule: RuleTerms
) -> Iterator[Hint]:
    if rule.effect == MULTIPLIER and rule.factor in (0, 1):
        yield _hint("factor_of_one" if rule.factor else "factor_of_zero", rule)
    purchases = ("purchase", "first_order")
    triggers = purchases if rule.trigger in purchases else (rule.trigger,)
    has_base = bool(terms.basic_points and "purchase" in triggers) or any(
        one.trigger in triggers
        and one.effect not in MULTIPLYING
        and (one.combine == BASE or one.is_multiplied)
        for one in rules
    )
    if not has_base:
        yield _hint("multiplies_nothing", rule)


def _zero(terms: ProgramTerms, rule: RuleTerms) -> Iterator[Hint]:
    top = figures.amount_bound(rule, "to")
    if rule.effect in (PER_YUAN, PER_BLOCK):
        least = rule.yuan if rule.effect == PER_BLOCK else rule.yuan / rule.points
        # The upper bound itself is outside of the range.
        if top is not None and top <= least:
            yield _hint("always_zero", rule, amount=plain(top))
        elif terms.floor_at == "line" and least >= _DEAR_LINE:
            yield _hint("zero_per_line", rule, amount=plain(round(least, 2)))
    if rule.effect == BANDS:
        reached = [band for band in rule.bands if top is None or Decimal(str(band["from"])) < top]
        if not any(band["points"] for band in reached):
            yield _hint("all_bands_zero", rule)


def _is_only_excluded(terms: ProgramTerms, rule: RuleTerms, paths: Mapping[str, Any]) -> bool:
    if rule.trigger not in ("purchase", "first_order"):
        return False
    for one in rule.conditions:
        out = set(terms.excluded.get(one["kind"], ()))
        if not out or one.get("not"):
            continue
        if one["kind"] == "category":
            if all(not out.isdisjoint(paths.get(code, (code,))) for code in one["in"]):
                return True
        elif set(one["in"]) <= out:
            return True
    return False


# --- loops, and what never ends --------------------------------------------------------------


def _loops(terms: ProgramTerms, rules: list[RuleTerms]) -> Iterator[Hint]:
    """N24: points that come back as points."""
    if _GIFT_CARD not in terms.excluded.get("label", ()):
        open_to_cards = [rule for rule in rules if _gives_for_cards(rule)]
        if terms.basic_points or open_to_cards:
            yield Hint("gift_card_loop", tuple(rule.key for rule in open_to_cards))
    if terms.points_part_earns:
        yield Hint("points_loop")


def _gives_for_cards(rule: RuleTerms) -> bool:
    if rule.trigger not in ("purchase", "first_order") or rule.effect in MULTIPLYING:
        return False
    for one in rule.conditions:
        if one["kind"] != "label":
            continue
        if (_GIFT_CARD in one["in"]) == bool(one.get("not")):
            return False
    return True


def _for_ever(rules: list[RuleTerms]) -> Iterator[Hint]:
    for rule in rules:
        if rule.effect == MULTIPLIER and rule.factor >= 2 and not rule.conditions:
            if not rule.limits:
                yield _hint("doubled_for_ever", rule, factor=plain(Decimal(rule.factor)))
        elif rule.effect == BAND_MULTIPLIER and not rule.conditions and not rule.limits:
            first = min(rule.bands, key=lambda band: decimal_of(band["from"]) or 0)
            factor = decimal_of(first["factor"]) or Decimal(1)
            if factor >= 2 and not decimal_of(first["from"]):
                yield _hint("doubled_for_ever", rule, factor=plain(factor))
