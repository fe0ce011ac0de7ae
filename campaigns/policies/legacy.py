"""Explanations as they were written before rules were many: read, taken back, computed again.

Entries and receipts are never rewritten, so what the first version of the arithmetic explained
stays readable. Nothing new is judged here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from campaigns.policies.numbers import scaled

TYPES = ("purchase", "purchase_return", "linked_return")


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of a sale with how much of it has come back so far."""

    line_no: int
    unit_price: Decimal
    amount: Decimal
    quantity: Decimal
    returned: Decimal


def taken_back(explanation: Mapping[str, Any], lines: Iterable[SoldLine]) -> int:
    """All the points that a sale so explained has to give back for what has been returned of it.

    Cumulative: take the difference of two calls for what one return takes. Because it depends
    only on how much of each line is back, any sequence of returns that ends with the same goods
    ends with the same points, and a sale that is wholly returned gives back exactly what it
    earned (F74).
    """
    if explanation["type"] != "purchase":
        return 0
    sold = [line for line in lines if line.unit_price > 0]
    if explanation["floor_at"] == "line":
        earned = {line_no: points for line_no, _amount, points in explanation["lines"]}
        return sum(
            earned[line.line_no] * scaled(line.returned) // scaled(line.quantity) for line in sold
        )
    base = Fraction(Decimal(explanation["base"]))
    if not base:
        return 0
    back = sum(
        (
            Fraction(line.amount) * Fraction(line.returned) / Fraction(line.quantity)
            for line in sold
        ),
        Fraction(0),
    )
    return int(explanation["result"] * back // base)


def recomputed(explanation: Mapping[str, Any]) -> int:
    """The result of an earning explanation, computed again from its stored inputs (I21)."""
    if explanation["type"] == "linked_return":
        return int(explanation["total"] - explanation["before"])
    terms = (explanation["method"], explanation["points"], Decimal(explanation["block"]))
    if explanation["floor_at"] == "line":
        return sum(
            _points_of(*terms, Decimal(amount))
            for _line_no, amount, _points in explanation["lines"]
        )
    return _points_of(*terms, Decimal(explanation["base"]))


def _points_of(method: str, points: int, block_yuan: Decimal, amount: Decimal) -> int:
    money, block = scaled(amount), scaled(block_yuan)
    if method == "block":
        return money // block * points
    return money * points // block
