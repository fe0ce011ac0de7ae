"""What the ledger's entries say of checkouts and of returns paid with points, as sentences."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

Detail = dict[str, Any]


def checkout(detail: Detail) -> str:
    """Points that pay, or are held to pay, a part of an order."""
    return _("¥%(yuan)s of order %(order)s, at %(rate)s points for ¥1") % _figures(detail)


def undone(detail: Detail) -> str:
    """Points of an order that was cancelled before it had a receipt."""
    return _("Order %(order)s was cancelled; ¥%(yuan)s of it had been paid with points") % _figures(
        detail
    )


def spent_back(detail: Detail) -> str:
    """Points that had paid for goods that came back."""
    return _(
        "Goods of receipt %(sale)s came back, of which ¥%(yuan)s had been paid with points"
    ) % _figures(detail)


def _figures(detail: Detail) -> Detail:
    shown = dict(detail)
    shown["yuan"] = money(Decimal(detail["yuan"]))
    if "rate" in detail:
        shown["rate"] = f"{detail['rate']:,}"
    return shown


def money(yuan: Decimal) -> str:
    """Yuan with two places, grouped."""
    return f"{yuan:,.2f}"


RENDERERS = {"checkout": checkout, "checkout_undone": undone, "spent_back": spent_back}
