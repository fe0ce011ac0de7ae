"""One condition of a rule as a part of a sentence: when, who, where, what, how much."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from campaigns.selectors.wording.names import (
    BLANK,
    UNFINISHED,
    Names,
    iso_day,
    listed,
    month_day,
    whole,
    yuan,
)

Params = Mapping[str, Any]


def condition_phrase(params: Any, names: Names | None = None) -> str:
    """`on Thursdays`, `in West Lake`; never raises, dots stand for what is missing."""
    try:
        phrase = _PHRASES[params["kind"]]
        return phrase(params, names or Names(), bool(params.get("not")))
    except UNFINISHED:
        return BLANK


def _either(negated: bool, positive: str, negative: str) -> str:
    return negative if negated else positive


def _quoted(names: Names, kind: str, params: Params) -> dict[str, str]:
    return {"names": names.listed(kind, params.get("in"), form=_("“%s”"))}


def _plain(names: Names, kind: str, params: Params) -> dict[str, str]:
    return {"names": names.listed(kind, params.get("in"))}


# --- who -------------------------------------------------------------------------------------


def _tier(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated, _("for members of the tier %(names)s"), _("for members not of the tier %(names)s")
    )
    return text % _plain(names, "tier", params)


def _segment(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated,
        _("for members of the group %(names)s"),
        _("for members outside the group %(names)s"),
    )
    return text % _quoted(names, "segment", params)


def _tag(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated, _("for members tagged %(names)s"), _("for members not tagged %(names)s")
    )
    return text % _quoted(names, "tag", params)


def _new_member(params: Params, _names: Names, negated: bool) -> str:
    text = _either(
        negated,
        _("within %(days)s days of joining"),
        _("from %(days)s days after joining"),
    )
    return text % {"days": whole(params.get("days"))}


def _birthday(params: Params, names: Names, negated: bool) -> str:
    texts = {
        "day": (_("on the birthday"), _("on days other than the birthday")),
        "week": (
            _("in the week of the birthday (Monday to Sunday)"),
            _("outside the week of the birthday (Monday to Sunday)"),
        ),
        "month": (_("in the month of the birthday"), _("outside the month of the birthday")),
    }
    text = texts[params["span"]][negated]
    kept = {
        "feb28": _("%(phrase)s (for those born on 29 February, 28 February in other years)"),
        "mar1": _("%(phrase)s (for those born on 29 February, 1 March in other years)"),
    }.get(names.leap_day, "%(phrase)s")
    return kept % {"phrase": text}


def _nth(params: Params, _names: Names, negated: bool) -> str:
    first, last, every = params.get("from"), params.get("to"), params.get("every")
    if last is not None and last == first:
        which = _("for purchase no. %(first)s")
    elif last is not None:
        which = _("for purchases no. %(first)s to %(last)s")
    else:
        which = _("from purchase no. %(first)s on")
    text = which % {"first": whole(first), "last": whole(last)}
    if every is not None and every != 1:
        text = _("%(purchases)s, every %(every)s of them") % {
            "purchases": text,
            "every": whole(every),
        }
    text = _period(params.get("period")) % {"purchases": text}
    return _("not %(phrase)s") % {"phrase": text} if negated else text


def _period(period: Any) -> str:
    return {
        "day": _("%(purchases)s on the same day"),
        "week": _("%(purchases)s in the same week"),
        "month": _("%(purchases)s in the same month"),
        "quarter": _("%(purchases)s in the same quarter"),
        "year": _("%(purchases)s in the same year"),
        "ever": _("%(purchases)s since joining"),
    }[str(period)]


# --- where and what --------------------------------------------------------------------------


def _store(params: Params, names: Names, negated: bool) -> str:
    text = _either(negated, pgettext("stores", "in %(names)s"), _("in stores other than %(names)s"))
    return text % _plain(names, "store", params)


def _channel(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated, _("through the channel %(names)s"), _("through channels other than %(names)s")
    )
    return text % _quoted(names, "channel", params)


def _business(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated,
        _("in the line of business %(names)s"),
        _("in lines of business other than %(names)s"),
    )
    return text % _quoted(names, "business", params)


def _category(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated,
        _("on goods of the category %(names)s"),
        _("on goods not of the category %(names)s"),
    )
    return text % _quoted(names, "category", params)


def _sku(params: Params, names: Names, negated: bool) -> str:
    text = _either(negated, _("on the article %(names)s"), _("on articles other than %(names)s"))
    return text % _quoted(names, "sku", params)


def _brand(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated, _("on goods of the brand %(names)s"), _("on goods not of the brand %(names)s")
    )
    return text % _quoted(names, "brand", params)


def _label(params: Params, names: Names, negated: bool) -> str:
    text = _either(negated, _("on goods labelled %(names)s"), _("on goods not labelled %(names)s"))
    return text % _quoted(names, "label", params)


def _amount(params: Params, _names: Names, negated: bool) -> str:
    texts = {
        (True, False): _("when at least ¥%(low)s is spent"),
        (False, True): _("when less than ¥%(high)s is spent"),
        (True, True): _("when at least ¥%(low)s and less than ¥%(high)s is spent"),
    }
    return _range(params, texts, yuan, negated)


def _quantity(params: Params, _names: Names, negated: bool) -> str:
    texts = {
        (True, False): _("for at least %(low)s items"),
        (False, True): _("for fewer than %(high)s items"),
        (True, True): _("for at least %(low)s and fewer than %(high)s items"),
    }
    return _range(params, texts, whole, negated)


def _range(
    params: Params,
    texts: Mapping[tuple[bool, bool], str],
    written: Callable[[Any], str],
    negated: bool,
) -> str:
    low, high = (params.get(name) not in (None, "") for name in ("from", "to"))
    if not low and not high:
        low = True
    text = texts[(low, high)] % {
        "low": written(params.get("from")),
        "high": written(params.get("to")),
    }
    return _("not %(phrase)s") % {"phrase": text} if negated else text


# --- when ------------------------------------------------------------------------------------


def _dates(params: Params, _names: Names, negated: bool) -> str:
    first, last = iso_day(params.get("from")), iso_day(params.get("to"))
    if first == last:
        text = _either(negated, _("on %(first)s"), _("except on %(first)s"))
    else:
        text = _either(
            negated,
            _("from %(first)s through %(last)s"),
            _("except from %(first)s through %(last)s"),
        )
    return text % {"first": first, "last": last}


def _season(params: Params, _names: Names, negated: bool) -> str:
    text = _either(
        negated,
        _("every year from %(first)s through %(last)s"),
        _("every year except from %(first)s through %(last)s"),
    )
    return text % {"first": month_day(params.get("from")), "last": month_day(params.get("to"))}


def _weekday(params: Params, _names: Names, negated: bool) -> str:
    days = {
        1: _("Mondays"),
        2: _("Tuesdays"),
        3: _("Wednesdays"),
        4: _("Thursdays"),
        5: _("Fridays"),
        6: _("Saturdays"),
        7: _("Sundays"),
    }
    text = _either(negated, _("on %(days)s"), _("on days other than %(days)s"))
    return text % {"days": listed(days[day] for day in params.get("in") or ()) or BLANK}


def _day_of_month(params: Params, _names: Names, negated: bool) -> str:
    text = _either(negated, _("on %(days)s of every month"), _("except on %(days)s of every month"))
    days = listed(_monthly(day) for day in params.get("in") or ())
    return text % {"days": days or BLANK}


def _monthly(day: int) -> str:
    if day == -1:
        return _("the last day")
    if day < 0:
        return _("day %(day)s from the end") % {"day": -day}
    return _("day %(day)s") % {"day": day}


def _hours(params: Params, _names: Names, negated: bool) -> str:
    first, last = (str(params.get(name) or BLANK)[:5] for name in ("from", "to"))
    if BLANK not in (first, last) and first > last:
        text = _either(
            negated,
            _("from %(first)s to %(last)s on the next day"),
            _("except from %(first)s to %(last)s on the next day"),
        )
    else:
        text = _either(
            negated, _("from %(first)s to %(last)s"), _("except from %(first)s to %(last)s")
        )
    return text % {"first": first, "last": last}


def _attribute(params: Params, names: Names, negated: bool) -> str:
    text = _either(
        negated, _("when “%(name)s” is %(names)s"), _("when “%(name)s” is not %(names)s")
    )
    return text % {"name": params.get("name") or BLANK, **_quoted(names, "attribute", params)}


_PHRASES: dict[str, Callable[[Params, Names, bool], str]] = {
    # In the order in which a sentence tells them.
    "dates": _dates,
    "season": _season,
    "day_of_month": _day_of_month,
    "weekday": _weekday,
    "hours": _hours,
    "birthday": _birthday,
    "tier": _tier,
    "segment": _segment,
    "tag": _tag,
    "new_member": _new_member,
    "store": _store,
    "channel": _channel,
    "business": _business,
    "category": _category,
    "sku": _sku,
    "brand": _brand,
    "label": _label,
    "attribute": _attribute,
    "nth_purchase": _nth,
    "amount": _amount,
    "quantity": _quantity,
}
ORDER = {kind: place for place, kind in enumerate(_PHRASES)}


def in_order(conditions: Any) -> list[Any]:
    """Conditions as a sentence tells them: when, who, where, what, how much."""
    if not isinstance(conditions, list | tuple):
        return []
    return sorted(conditions, key=_place)


def _place(params: Any) -> int:
    kind = params.get("kind") if isinstance(params, Mapping) else None
    return ORDER.get(str(kind), len(ORDER))
