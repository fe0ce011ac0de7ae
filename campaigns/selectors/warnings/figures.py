"""Figures of rules that several hints ask for."""

from decimal import Decimal

from campaigns.policies.conditions import decimal_of
from campaigns.policies.programs import MULTIPLIER, MULTIPLYING, ProgramTerms, RuleTerms


def highest_factor(rule: RuleTerms) -> Decimal:
    """What the rule multiplies by at most; 1 when it is no multiplier."""
    if rule.effect not in MULTIPLYING:
        return Decimal(1)
    if rule.effect == MULTIPLIER:
        return Decimal(rule.factor)
    factors = [decimal_of(band.get("factor")) for band in rule.bands]
    return max((factor for factor in factors if factor is not None), default=Decimal(1))


def stacked(terms: ProgramTerms, factors: list[Decimal]) -> Decimal:
    """What these factors make together by the program's way of stacking, and its ceiling."""
    if terms.stacking == "highest":
        made = max(factors)
    elif terms.stacking == "add":
        made = max(1 + sum((factor - 1 for factor in factors), Decimal(0)), Decimal(0))
    else:
        made = Decimal(1)
        for factor in factors:
            made *= factor
    return made if terms.ceiling is None else min(made, Decimal(terms.ceiling))


def amount_bound(rule: RuleTerms, name: str) -> Decimal | None:
    """The tightest `from` or `to` of the rule's own conditions on the amount, in yuan."""
    found = [
        number
        for one in rule.conditions
        if one["kind"] == "amount" and not one.get("not")
        if one.get(name) not in (None, "") and (number := decimal_of(one[name])) is not None
    ]
    return (max(found) if name == "from" else min(found)) if found else None
