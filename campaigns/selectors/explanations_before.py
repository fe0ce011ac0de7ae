"""Explanations of the first kind, from before rules were many: still told as they were."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

_SYMBOLS = {"CNY": "¥"}


def purchase(data: Mapping[str, Any]) -> str:
    """`¥250.00 ÷ 100 rounded down 2 × 10 = 20, rule v7`."""
    if data["floor_at"] == "line":
        return _("%(sum)s = %(result)s, each line rounded down, rule v%(rule)s") % {
            "sum": _sum_of_lines(data["lines"]),
            "result": data["result"],
            "rule": data["rule"],
        }
    facts = {
        "amount": _money(data["base"], data["currency"]),
        "block": data["block"],
        "points": data["points"],
        "result": data["result"],
        "rule": data["rule"],
    }
    if data["method"] == "block":
        facts["blocks"] = int(Decimal(data["base"]) // Decimal(data["block"]))
        return (
            _(
                "%(amount)s ÷ %(block)s rounded down %(blocks)s × %(points)s = %(result)s, "
                "rule v%(rule)s"
            )
            % facts
        )
    if data["block"] == "1":
        return _("%(amount)s × %(points)s rounded down = %(result)s, rule v%(rule)s") % facts
    return (
        _("%(amount)s ÷ %(block)s × %(points)s rounded down = %(result)s, rule v%(rule)s") % facts
    )


def purchase_return(data: Mapping[str, Any]) -> str:
    """A return without its sale: what the goods would have earned under the rule of the day."""
    return _("Returned without its sale: %(sentence)s") % {"sentence": purchase(data)}


def linked_return(data: Mapping[str, Any]) -> str:
    """A return of a known sale: its part of what the sale earned."""
    facts = {
        "sale": data["sale"],
        "earned": data["earned"],
        "total": data["total"],
        "before": data["before"],
        "result": data["result"],
    }
    if data["before"]:
        return (
            _(
                "Receipt %(sale)s earned %(earned)s; returned so far: %(total)s, "
                "of them taken back before: %(before)s, now: %(result)s"
            )
            % facts
        )
    return _("Receipt %(sale)s earned %(earned)s; the returned part of it: %(result)s") % facts


def _money(amount: str, currency: str) -> str:
    """`¥250.00`; more decimals only where the amount has them."""
    number = Decimal(amount)
    places = max(2, -int(number.as_tuple().exponent))
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{symbol}{number:.{places}f}"


def _sum_of_lines(lines: list[list[Any]]) -> str:
    # A long receipt stays a sentence: the first lines, and how many more there are.
    shown = " + ".join(str(points) for _line_no, _amount, points in lines[:8]) or "0"
    if len(lines) <= 8:
        return shown
    return _("%(first)s + … (%(count)s lines)") % {"first": shown, "count": len(lines)}


RENDERERS = {
    "purchase": purchase,
    "purchase_return": purchase_return,
    "linked_return": linked_return,
}
