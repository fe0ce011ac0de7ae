"""Points as money in the cases of presets: played by the arithmetic of real checkouts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from campaigns.policies.presets.malls import MallStep
from sales.policies.deductions import BasketLine, Terms, most


def play(
    settings: Mapping[str, Any], step: MallStep, ledger: Mapping[str, int]
) -> Mapping[str, Any]:
    """The most points, and their yuan, that `balance` points pay of one order."""
    values = dict(settings)
    labels = frozenset(values.pop("excluded_labels", ()))
    terms = Terms(points_per_yuan=ledger["points_per_yuan"], excluded_labels=labels, **values)
    lines = [BasketLine(1, "", (), frozenset(step.labels), False, step.order)]
    if step.freight:
        lines.append(BasketLine(2, "", (), frozenset(), True, step.freight))
    found = most(lines, terms, balance=step.balance)
    return {"points": found.points, "yuan": Decimal(found.yuan)}
