"""Rules that give away more than the merchant may want: the value of points against the money."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain
from campaigns.policies.programs import (
    BANDS,
    BASE,
    BASIC,
    FIXED,
    MULTIPLYING,
    PER_BLOCK,
    PER_ITEM,
    PER_YUAN,
    ProgramTerms,
    RuleTerms,
)
from campaigns.selectors.explanations import name_of as _name_of
from campaigns.selectors.warnings import figures, relations
from campaigns.selectors.warnings.kinds import Hint

# Shares of the money from which on a rule is told as dear, and as a loss.
DEAR = Decimal("0.2")
LOSS = Decimal(1)
# What a small ordinary purchase is, where a rule sets no least amount.
_SMALL = Decimal(10)


def losses(
    terms: ProgramTerms, rules: list[RuleTerms], *, points_per_yuan: int, starts: date
) -> Iterator[Hint]:
    """Rules that give back more than a fifth of the money, or more than all of it (N24, F111)."""
    basic = _basic(terms)
    for rule in rules:
        if rule.trigger in ("purchase", "first_order") and rule.effect not in MULTIPLYING:
            yield from _dear(rule, points_per_yuan)
        yield from _below_one_grant(rule, points_per_yuan)
    givers = [r for r in rules if r.combine == BASE and r.effect in (PER_YUAN, PER_BLOCK)]
    givers = [rule for rule in givers if rule.trigger in ("purchase", "first_order")]
    for giver in [*givers, *basic]:
        hint = _together(terms, giver, rules, points_per_yuan, starts)
        if hint is not None:
            yield hint
    yield from (hint for rule in basic for hint in _dear(rule, points_per_yuan))


def _basic(terms: ProgramTerms) -> list[RuleTerms]:
    if not terms.basic_points:
        return []
    basic = RuleTerms(
        key=BASIC,
        name="",
        effect=terms.basic_method,
        points=terms.basic_points,
        yuan=terms.basic_yuan,
    )
    return [basic]


def name_of(rule: RuleTerms) -> str:
    return _name_of({"rule": rule.key, "name": rule.name, "name_en": rule.name_en})


def _dear(rule: RuleTerms, points_per_yuan: int) -> Iterator[Hint]:
    points, amount, is_any = _dearest(rule)
    if not points or not amount:
        return
    worth = points / points_per_yuan
    if worth > DEAR * amount and not (is_any and _is_rare(rule)):
        yield _told("dear_for_any" if is_any else "dear", [rule], points, worth, amount)


def _dearest(rule: RuleTerms) -> tuple[Decimal, Decimal, bool]:
    """Points and yuan of the purchase that the rule gives most for, and whether no least amount
    was set and a small purchase was looked at."""
    least = figures.amount_bound(rule, "from")
    if rule.effect in (PER_YUAN, PER_BLOCK):
        return Decimal(rule.points), Decimal(rule.yuan), False
    if rule.effect == BANDS:
        pairs = [
            (Decimal(band["points"]), max(decimal_of(band["from"]) or Decimal(0), least or 0))
            for band in rule.bands
        ]
        dearest = max(pairs, key=lambda pair: pair[0] / (pair[1] or _SMALL))
        return dearest[0], Decimal(dearest[1] or _SMALL), not dearest[1]
    return Decimal(rule.points), least or _SMALL, not least


def _is_rare(rule: RuleTerms) -> bool:
    """Whether one member gets it only so many times."""
    return rule.trigger == "first_order" or any("times" in limit for limit in rule.limits)


def _told(
    code: str, rules: list[RuleTerms], points: Decimal, worth: Decimal, amount: Decimal
) -> Hint:
    share = worth / amount
    facts = {
        "first": name_of(rules[0]),
        "names": [name_of(rule) for rule in rules],
        "points": plain(round(points, 2)),
        "worth": plain(round(worth, 2)),
        "amount": plain(round(amount, 2)),
        "percent": plain(round(share * 100, 1)),
    }
    return Hint(
        code,
        tuple(rule.key for rule in rules if rule.key != BASIC),
        tuple(facts.items()),
        is_strong=share > LOSS,
    )


def _together(
    terms: ProgramTerms,
    giver: RuleTerms,
    rules: list[RuleTerms],
    points_per_yuan: int,
    starts: date,
) -> Hint | None:
    """The best rate with every multiplier that raises it and can meet it and each other."""
    meeting: list[RuleTerms] = []
    raising = [rule for rule in rules if figures.highest_factor(rule) > 1]
    for rule in sorted(raising, key=figures.highest_factor, reverse=True):
        if all(relations.can_meet(rule, one, starts) for one in (giver, *meeting)):
            meeting.append(rule)
    if not meeting:
        return None
    factor = figures.stacked(terms, [figures.highest_factor(rule) for rule in meeting])
    points = giver.points * factor
    worth, amount = points / points_per_yuan, Decimal(giver.yuan)
    if worth <= DEAR * amount:
        return None
    return _told("dear_together", [giver, *meeting], points, worth, amount)


def _below_one_grant(rule: RuleTerms, points_per_yuan: int) -> Iterator[Hint]:
    """A limit below what the rule gives at a time: it is cut at its very first grant."""
    if rule.effect in (FIXED, PER_ITEM, PER_BLOCK):
        grant = Decimal(rule.points)
    elif rule.effect == BANDS:
        grant = min((Decimal(b["points"]) for b in rule.bands if b["points"]), default=Decimal(0))
    else:
        return
    for limit in rule.limits:
        most = decimal_of(limit.get("points"))
        if (yuan := decimal_of(limit.get("yuan"))) is not None:
            most = yuan * points_per_yuan
        if most is not None and most < grant:
            facts = (("first", name_of(rule)), ("points", plain(grant)), ("limit", plain(most)))
            yield Hint("budget_below_grant", (rule.key,), facts)
            return
