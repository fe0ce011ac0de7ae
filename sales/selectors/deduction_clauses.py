"""What the rules page says of points as money and of what a return gives back (F57–F61, F74)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from points.selectors import ledger_settings
from sales.policies import deductions
from sales.policies.deductions import BasketLine, Terms
from sales.selectors import checkouts
from sales.selectors.checkout_words import money
from stores.selectors import goods

Raw = tuple[str, Mapping[str, Any]]
Params = Mapping[str, Any]


def spending() -> Iterable[Raw]:
    """Whether, and how far, points pay at a checkout; with a worked example of the arithmetic."""
    settings = checkouts.checkout_settings()
    if not settings.is_on:
        yield "deduction_off", {}
        return
    ledger = ledger_settings()
    terms = settings.terms(points_per_yuan=ledger.points_per_yuan)
    yield "deduction", {"points": terms.points_per_yuan, "example": _example(terms)}
    if terms.points_min or terms.points_step > 1:
        yield "deduction_step", {"least": terms.points_min, "step": terms.points_step}
    if terms.order_min:
        yield "deduction_order", {"yuan": str(terms.order_min)}
    if terms.order_cap is not None:
        yield "deduction_cap", {"yuan": str(terms.order_cap)}
    if terms.order_share is not None:
        yield "deduction_order_share", {"share": terms.order_share}
    if terms.balance_share is not None:
        yield "deduction_balance_share", {"share": terms.balance_share}
    yield f"deduction_freight_{'paid' if terms.pays_freight else 'not_paid'}", {}
    if any(settings.excluded.values()):
        yield "deduction_excluded", _excluded(settings.excluded)
    yield "deduction_held", {"minutes": ledger.hold_minutes}


def returns() -> Iterable[Raw]:
    """What a return gives back of what paid for the goods."""
    days = ledger_settings().restore_grace_days
    yield "spent_back", {}
    yield ("spent_back_grace", {"days": days}) if days else ("spent_back_lapsed", {})
    yield "coupon_back", {}
    yield "return_net", {}


def _example(terms: Terms) -> dict[str, Any]:
    """An order of 100 yuan by somebody with points worth as much, by the engine itself."""
    line = BasketLine(1, "", (), frozenset(), False, Decimal(100))
    balance = 100 * terms.points_per_yuan
    most = deductions.most([line], terms, balance=balance)
    return {"balance": balance, "points": most.points, "yuan": str(most.yuan)}


def _excluded(excluded: Mapping[str, list[str]]) -> dict[str, Any]:
    names = dict(goods.known_categories())
    return {
        "category": [names.get(code, code) for code in excluded.get("category", ())],
        "label": list(excluded.get("label", ())),
        "sku": list(excluded.get("sku", ())),
    }


def _deduction(params: Params) -> str:
    example = params["example"]
    told = _(
        "Points can be used as money at the checkout: %(points)s points pay ¥1. Whoever has "
        "%(balance)s points and buys for ¥100.00 can use %(used)s of them and pays ¥%(left)s."
    )
    return told % {
        "points": _number(params["points"]),
        "balance": _number(example["balance"]),
        "used": _number(example["points"]),
        "left": money(100 - Decimal(example["yuan"])),
    }


def _step(params: Params) -> str:
    parts = []
    if params["least"]:
        parts.append(_("at least %(points)s points") % {"points": _number(params["least"])})
    if params["step"] > 1:
        parts.append(_("in multiples of %(points)s") % {"points": _number(params["step"])})
    return _("Points are used %(how)s.") % {"how": _(", ").join(parts)}


def _goods(params: Params) -> str:
    parts = []
    if params["category"]:
        parts.append(_("categories %(names)s") % {"names": _list(params["category"])})
    if params["label"]:
        labels = [goods.label_name(label) for label in params["label"]]
        parts.append(_("goods marked %(names)s") % {"names": _list(labels)})
    if params["sku"]:
        parts.append(_("articles %(names)s") % {"names": _list(params["sku"])})
    return _("Not to be paid with points: %(goods)s.") % {"goods": _("; ").join(parts)}


def _held(params: Params) -> str:
    return ngettext(
        "Points are set aside for an order for %(minutes)s minute; if it is not paid by then, "
        "they are free again at once.",
        "Points are set aside for an order for %(minutes)s minutes; if it is not paid by then, "
        "they are free again at once.",
        params["minutes"],
    ) % {"minutes": params["minutes"]}


def _grace(params: Params) -> str:
    return ngettext(
        "Those whose day has passed meanwhile count for %(days)s more day.",
        "Those whose day has passed meanwhile count for %(days)s more days.",
        params["days"],
    ) % {"days": params["days"]}


def _list(names: Iterable[str]) -> str:
    return _(", ").join(names)


def _number(value: int) -> str:
    return f"{value:,}"


def _fixed(text: Any) -> Any:
    return lambda params: str(text)


def _yuan(text: Any) -> Any:
    return lambda params: str(text) % {"yuan": money(Decimal(params["yuan"]))}


RENDERERS = {
    "deduction_off": _fixed(gettext_lazy("Points cannot be used as money at the checkout.")),
    "deduction": _deduction,
    "deduction_step": _step,
    "deduction_order": _yuan(
        gettext_lazy("Orders below ¥%(yuan)s, coupons taken off, cannot be paid with points.")
    ),
    "deduction_cap": _yuan(gettext_lazy("Points pay at most ¥%(yuan)s of an order.")),
    "deduction_order_share": lambda params: (
        _("Points pay at most %(share)s %% of an order.") % params
    ),
    "deduction_balance_share": lambda params: (
        _("At most %(share)s %% of a member's points can go in one order.") % params
    ),
    "deduction_freight_paid": _fixed(gettext_lazy("Delivery can be paid with points too.")),
    "deduction_freight_not_paid": _fixed(gettext_lazy("Delivery cannot be paid with points.")),
    "deduction_excluded": _goods,
    "deduction_held": _held,
    "spent_back": _fixed(
        gettext_lazy(
            "Points that paid for goods come back when the goods do, by line and quantity, into "
            "the very points they were, with their own last day. They are never paid out in money."
        )
    ),
    "spent_back_grace": _grace,
    "spent_back_lapsed": _fixed(
        gettext_lazy("Those whose day has passed meanwhile do not come back.")
    ),
    "coupon_back": _fixed(
        gettext_lazy(
            "What a coupon paid is not refunded. When all of an order comes back, its coupon "
            "comes back too, where the coupon's own terms say so, with its own last day."
        )
    ),
    "return_net": _fixed(
        gettext_lazy(
            "Points that come back and points that go off are set against each other on the "
            "return slip; the difference is given back or deducted."
        )
    ),
}
