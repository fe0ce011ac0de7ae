"""The clauses of the rules page in words: one renderer for page, API and differences."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.policies import programs
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import wording
from campaigns.selectors.wording import names, samples
from campaigns.selectors.wording.names import whole
from campaigns.selectors.wording.terms import points_text

Params = Mapping[str, Any]
Renderer = Callable[[Params], str]


def text_of(code: str, params: Params) -> str:
    """One clause in the active language. KeyError for a code that nobody has registered."""
    return RENDERERS[code](params)


def title_of(code: str, params: Params) -> str:
    """The name of a rule; other clauses have none."""
    return wording.name_of(rule_of(params)) if code == "rule" else ""


def example_of(code: str, params: Params) -> str:
    """The worked example of a rule, from the engine itself; empty where there is none."""
    sample = params.get("sample")
    if not sample:
        return ""
    rule = rule_of(params) if code == "rule" else basic_of(params)
    return samples.told(samples.Sample.of_json(sample), rule)


def rule_of(params: Params) -> RuleTerms:
    """The rule that a clause keeps."""
    data = dict(params["rule"])
    data |= {name: Decimal(data[name]) for name in ("yuan", "factor")}
    return RuleTerms(**data)


def basic_of(params: Params) -> RuleTerms:
    return RuleTerms(
        key=programs.BASIC,
        name="",
        effect=params["method"],
        points=params["points"],
        yuan=Decimal(params["yuan"]),
    )


def _basic_rate(params: Params) -> str:
    return _("Unless a rule below says otherwise: %(rate)s.") % {
        "rate": wording.effect_phrase(basic_of(params))
    }


def _rule(params: Params) -> str:
    names = wording.Names(
        {kind: {} for kind in ("store", "category", "tag", "tier", "segment")} | params["names"],
        leap_day=params["leap_day"],
        shown=None,
    )
    return wording.rule_sentence(rule_of(params), names=names)


def _excluded(params: Params) -> str:
    names = wording.Names(
        {kind: {} for kind in ("store", "category")} | params["names"], shown=None
    )
    parts = [
        wording.condition_phrase({"kind": kind, "in": params["goods"][kind]}, names)
        for kind in programs.EXCLUDABLE
        if kind in params["goods"]
    ]
    return _("No points are given: %(goods)s.") % {"goods": _("; ").join(parts)}


def _usable(params: Params) -> str:
    if not params["days"]:
        return _("Points can be used as soon as the order is complete.")
    return _(
        "Points are pending at first; they can be used %(days)s days after the order is complete."
    ) % {"days": whole(params["days"])}


def _validity(params: Params) -> str:
    return _("Points: %(validity)s, unless a rule says otherwise.") % {
        "validity": wording.validity_phrase(params["validity"])
    }


def _worth(params: Params) -> str:
    return _("%(points)s count as ¥1.") % {"points": points_text(params["points"])}


def _by_hand(params: Params) -> str:
    if not params["months"]:
        return _("Points that the shop adds by hand are valid through the day given with them.")
    return _(
        "Points that the shop adds by hand are valid for %(months)s months, unless another day is "
        "given with them."
    ) % {"months": whole(params["months"])}


def _capped(text: Any) -> Renderer:
    return lambda params: str(text) % {"points": points_text(params["points"])}


def _fixed(text: Any) -> Renderer:
    return lambda params: str(text)


_FIXED = {
    "no_basic_rate": gettext_lazy("Points are given only by the rules below."),
    "floor_receipt": gettext_lazy("Fractions of a point are rounded down, once per purchase."),
    "floor_line": gettext_lazy("Fractions of a point are rounded down on every line."),
    "first_base_rule": gettext_lazy(
        "Rules that are not on top of others: each article earns by the first that fits it."
    ),
    "stacking_multiply": gettext_lazy(
        "When several multipliers apply, they are multiplied with each other (2 and 3 make 6)."
    ),
    "stacking_add": gettext_lazy(
        "When several multipliers apply, each adds what exceeds 1 (2 and 3 make 4)."
    ),
    "stacking_highest": gettext_lazy(
        "When several multipliers apply, only the highest counts (2 and 3 make 3)."
    ),
    "freight_earns": gettext_lazy("Delivery charges earn points."),
    "freight_earns_nothing": gettext_lazy("Delivery charges earn no points."),
    "coupon_part_earns": gettext_lazy("What is paid by coupon earns points."),
    "coupon_part_earns_nothing": gettext_lazy("What is paid by coupon earns no points."),
    "points_part_earns": gettext_lazy("What is paid with points earns points."),
    "points_part_earns_nothing": gettext_lazy("What is paid with points earns no points."),
    "free_goods": gettext_lazy("Goods that cost nothing earn no points."),
    "birthday_feb28": gettext_lazy(
        "Those born on 29 February have their birthday on 28 February in other years."
    ),
    "birthday_mar1": gettext_lazy(
        "Those born on 29 February have their birthday on 1 March in other years."
    ),
    "own_time": gettext_lazy(
        "A purchase is judged by the rules that were in force when it was made, also when it is "
        "reported later."
    ),
    "soonest_first": gettext_lazy("Points that lapse soonest are used first."),
    "no_cash": gettext_lazy("Points are neither sold nor paid out in money."),
    "midnight": gettext_lazy(
        "Points lapse when their last day is over, at 24:00 in the time zone of the shop."
    ),
    "kept": gettext_lazy(
        "Points that were earned keep the validity that they were given, also when the rules "
        "change."
    ),
    "not_before_usable": gettext_lazy(
        "Points that would lapse before they can be used count their validity from the day on "
        "which they can."
    ),
    "taken_back": gettext_lazy(
        "A return takes back exactly what the returned goods had earned, by line and quantity."
    ),
    "from_which": gettext_lazy(
        "It is taken from the points of that purchase first, then from others, those that lapse "
        "soonest first. For points that have lapsed nothing more is taken."
    ),
    "debt_owe": gettext_lazy(
        "When fewer points are left than a return takes back, the rest is owed; points earned "
        "later pay it first."
    ),
    "debt_forgive": gettext_lazy(
        "When fewer points are left than a return takes back, the balance stops at zero; the "
        "rest is not asked for."
    ),
    "debt_till": gettext_lazy(
        "When fewer points are left than a return takes back, the value of the rest is deducted "
        "from the refund."
    ),
    "unlinked": gettext_lazy(
        "Goods that come back without a purchase on record take off what they would earn that "
        "day, without multipliers and extra points."
    ),
    "no_transfer": gettext_lazy("Points cannot be transferred or given to other members."),
    "gift_validity": gettext_lazy(
        "Points given away keep their last day of validity, and those that lapse first go first. "
        "A gift cannot be taken back."
    ),
    "frozen": gettext_lazy(
        "While an account is frozen, points that are earned stay pending and none can be used. "
        "The member is shown the reason."
    ),
    "once": gettext_lazy("A receipt counts once, however often it is reported."),
    "broken_rule": gettext_lazy(
        "When a rule cannot be evaluated, the purchase counts by the others, and the shop is "
        "told of it."
    ),
}


def _reminders(params: Params) -> str:
    days = names.listed(str(day) for day in params["days"])
    return _(
        "Members are told %(days)s days before points lapse: on these pages always, and over the "
        "channels that they have chosen."
    ) % {"days": days}


def _clearing(params: Params) -> str:
    if params["first"] is None:
        return (
            _(
                "“%(name)s”: points without an end that were earned through %(last)s count through "
                "%(day)s."
            )
            % params
        )
    return (
        _(
            "“%(name)s”: points without an end that were earned from %(first)s through %(last)s "
            "count through %(day)s."
        )
        % params
    )


def _gifts(params: Params) -> str:
    if not params["days"]:
        return _("Members may give points to relatives and friends when both have agreed to it.")
    return ngettext(
        "Members may give points to relatives and friends whom they have been bound to for "
        "%(days)s day, both having agreed to it.",
        "Members may give points to relatives and friends whom they have been bound to for "
        "%(days)s days, both having agreed to it.",
        params["days"],
    ) % {"days": params["days"]}


def _gift_limits(params: Params) -> str:
    return _(
        "A gift has %(least)s to %(most)s points. A member can give %(times)s times and "
        "%(points)s points a calendar month, and receive %(received)s."
    ) % {name: number_format(value) for name, value in params.items()}


RENDERERS: dict[str, Renderer] = {
    "basic_rate": _basic_rate,
    "rule": _rule,
    "excluded": _excluded,
    "usable": _usable,
    "validity": _validity,
    "worth": _worth,
    "by_hand": _by_hand,
    "gifts": _gifts,
    "reminders": _reminders,
    "clearing": _clearing,
    "gift_limits": _gift_limits,
    "ceiling": lambda params: _("Multipliers together count at most × %(factor)s.") % params,
    "order_cap": _capped(gettext_lazy("One purchase earns at most %(points)s.")),
    "day_cap": _capped(gettext_lazy("A member's purchases earn at most %(points)s in a day.")),
    "month_cap": _capped(
        gettext_lazy("A member's purchases earn at most %(points)s in a calendar month.")
    ),
    **{code: _fixed(text) for code, text in _FIXED.items()},
}
