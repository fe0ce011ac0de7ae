"""Which lines of an occasion a rule picks, and why not, when it picks none."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from campaigns.policies.conditions import KINDS, Condition
from campaigns.policies.numbers import shared
from campaigns.policies.occasions import FREIGHT, PURCHASE, Line, Occasion
from campaigns.policies.programs import Program, Rule

# (rule or "", scope, period) → times and points of before. What is missing is nothing yet.
Used = dict[tuple[str, str, str], tuple[int, int]]


class Unmet(NamedTuple):
    """Why a rule gave nothing: a reason, and for a condition its place among the rule's."""

    reason: str
    condition: Condition | None = None
    detail: tuple[Any, ...] = ()


class Basket:
    """The lines that count, with the amounts that count (N12).

    Without: lines that cost nothing, freight and excluded goods unless the program lets them
    earn, and each line's share of what was paid by coupon or by points unless that earns.
    """

    __slots__ = ("amounts", "base", "left_out", "lines")

    def __init__(self, program: Program, occasion: Occasion) -> None:
        self.lines: list[Line] = []
        self.amounts: list[int] = []
        self.left_out: list[tuple[int, str]] = []
        paid = _paid_otherwise(program, occasion)
        for line, amount in zip(occasion.lines, paid, strict=True):
            reason = _left_out(program, line)
            if reason and occasion.trigger == PURCHASE:
                self.left_out.append((line.line_no, reason))
            else:
                self.lines.append(line)
                self.amounts.append(amount)
        self.base = sum(self.amounts)


def _paid_otherwise(program: Program, occasion: Occasion) -> Sequence[int]:
    amounts = [line.amount for line in occasion.lines]
    less = 0
    if not program.terms.coupon_part_earns:
        less += occasion.paid_by_coupon
    if not program.terms.points_part_earns:
        less += occasion.paid_by_points
    if not less:
        return amounts
    shares = shared(min(less, sum(amounts)), amounts)
    return [amount - share for amount, share in zip(amounts, shares, strict=True)]


def _left_out(program: Program, line: Line) -> str:
    if not line.is_priced:
        return "free"
    if line.kind == FREIGHT and not program.terms.freight_earns:
        return "freight"
    excluded = program.excluded
    if excluded and (
        line.sku in excluded.get("sku", ())
        or line.brand in excluded.get("brand", ())
        or not line.labels.isdisjoint(excluded.get("label", ()))
        or not excluded.get("category", frozenset()).isdisjoint(line.category)
    ):
        return "excluded"
    return ""


def picked(rule: Rule, occasion: Occasion, basket: Basket, used: Used) -> list[int] | Unmet:
    """The places in `basket.lines` that `rule` applies to, or why it applies to none."""
    if rule.code and rule.code != occasion.code:
        return Unmet("other_event")
    if rule.trigger == "first_order" and occasion.purchases.get("ever", 0):
        return Unmet("not_first_order")
    for condition in rule.on_occasion:
        check = condition.occasion
        if check is None or check(occasion) == condition.negated:
            return Unmet("condition", condition)
    places = _places(rule, basket)
    if isinstance(places, Unmet):
        return places
    for condition in rule.on_sums:
        if not _holds_in_sum(condition, basket, places):
            return Unmet("condition", condition)
    for limit in rule.limits:
        times, _points = used.get((rule.key, limit.scope, limit.period), (0, 0))
        if limit.measure == "times" and times >= limit.value:
            return Unmet("limit", None, (limit.scope, limit.period, str(limit.value)))
    return places


def _places(rule: Rule, basket: Basket) -> list[int] | Unmet:
    places = list(range(len(basket.lines)))
    if not places:
        return Unmet("nothing_counts")
    for condition in rule.on_lines:
        check, lines = condition.line, basket.lines
        places = [p for p in places if check is not None and check(lines[p]) != condition.negated]
        if not places:
            return Unmet("condition", condition)
    return places


def _holds_in_sum(condition: Condition, basket: Basket, places: Sequence[int]) -> bool:
    amount = sum(basket.amounts[p] for p in places)
    quantity = sum((basket.lines[p].quantity for p in places), start=_NO_QUANTITY)
    return condition.sums is not None and condition.sums(amount, quantity) != condition.negated


_NO_QUANTITY = Line(0, 0).quantity * 0


def actual(condition: Condition, occasion: Occasion) -> Any:
    """What the occasion had where the condition asked for something else, as JSON."""
    return KINDS[condition.kind].actual(occasion)
