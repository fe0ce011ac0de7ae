"""What became of each rule, as a sentence: above all why it gave nothing or less."""

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from campaigns.policies.findings import Finding
from campaigns.selectors import explanations
from campaigns.selectors.wording.conditions import condition_phrase
from campaigns.selectors.wording.names import (
    BLANK,
    UNFINISHED,
    Names,
    month_day,
    name_of,
    whole,
    yuan,
)
from campaigns.selectors.wording.terms import points_text


def finding_sentence(finding: Finding, names: Names | None = None) -> str:
    """`Member day: only on Thursdays; that day was a Friday.` One finding, with its rule's name."""
    return _("%(name)s: %(reason)s.") % {
        "name": name_of(finding),
        "reason": reason_phrase(finding, names),
    }


def reason_phrase(
    finding: Finding, names: Names | None = None, *, hidden: Container[str] = ()
) -> str:
    """The same without the name of the rule, and without what was there instead for conditions
    of the kinds in `hidden`."""
    if finding.reason == "condition":
        return _unmet(finding, names or Names(), hidden)
    if finding.reason == "limit":
        return _used_up(finding.limit)
    if finding.reason == "cut":
        return _cut(finding.limit)
    if not finding.reason:
        return _given(finding.points)
    return _plainly(finding.reason)


def _given(points: int) -> str:
    if points:
        return _("gave %(points)s") % {"points": points_text(points)}
    return _("applied")


def _plainly(reason: str) -> str:
    texts = {
        "other_event": _("for another event than this one"),
        "not_first_order": _("only for the first purchase, and this was not the first"),
        "nothing_counts": _("none of the goods earns points"),
        "other_base": _("the goods already earned by an earlier rule"),
        "superseded": _("another multiplier or the ceiling counted instead"),
        "too_little": _("too little spent: rounded down, it gives no points"),
        "no_base": _("there were no points to multiply"),
        "broken": _(
            "could not be evaluated; the shop has been told, and the points follow when the rule "
            "is repaired"
        ),
    }
    return texts.get(reason, BLANK)


def _unmet(finding: Finding, names: Names, hidden: Container[str]) -> str:
    text = _("only %(condition)s") % {"condition": condition_phrase(finding.condition, names)}
    there = "" if (finding.condition or {}).get("kind") in hidden else _there(finding, names)
    return _("; ").join([text, there]) if there else text


def _there(finding: Finding, names: Names) -> str:
    """What was there instead."""
    params = finding.condition or {}
    tell = _TELL.get(str(params.get("kind")))
    if tell is None:
        return ""
    try:
        return tell(finding.actual, params, names)
    except UNFINISHED:
        return ""


Params = Mapping[str, Any]


def _one(text: Any, empty: Any, kind: str) -> Callable[[Any, Params, Names], str]:
    def tell(actual: Any, _params: Params, names: Names) -> str:
        if not actual:
            return str(empty())
        values = [actual] if isinstance(actual, str) else list(actual)
        return str(text()) % {"there": names.listed(kind, values, form=_("“%s”"))}

    return tell


def _joined(actual: Any, _params: Params, _names: Names) -> str:
    if actual is None:
        return _("nobody knows the day of joining")
    if actual < 0:
        return _("the purchase was before joining")
    return _("the member had joined %(days)s days before") % {"days": whole(actual)}


def _birthday(actual: Any, _params: Params, _names: Names) -> str:
    if not actual:
        return _("no birthday is on file")
    return _("the birthday is %(day)s") % {"day": month_day(actual)}


def _nth(actual: Any, params: Params, _names: Names) -> str:
    number = actual.get(params.get("period"), 1)
    return _("it was purchase no. %(number)s") % {"number": whole(number)}


def _attribute(actual: Any, params: Params, _names: Names) -> str:
    value = actual.get(params.get("name"))
    return _("here it is “%(there)s”") % {"there": value} if value else _("here it is not given")


_TELL: dict[str, Callable[[Any, Params, Names], str]] = {
    "tier": _one(
        lambda: _("the member's tier was %(there)s"), lambda: _("the member had no tier"), "tier"
    ),
    "segment": _one(
        lambda: _("the member was in the group %(there)s"),
        lambda: _("the member was not in it then"),
        "segment",
    ),
    "tag": _one(
        lambda: _("the member was tagged %(there)s"),
        lambda: _("the member did not have it then"),
        "tag",
    ),
    "new_member": _joined,
    "birthday": _birthday,
    "nth_purchase": _nth,
    "store": _one(lambda: _("this was in %(there)s"), lambda: _("no store was named"), "store"),
    "channel": _one(
        lambda: _("this came through %(there)s"), lambda: _("no channel was named"), "channel"
    ),
    "business": _one(
        lambda: _("this was %(there)s"), lambda: _("no line of business was named"), "business"
    ),
    "category": _one(
        lambda: _("the goods were of %(there)s"),
        lambda: _("the goods had no category"),
        "category",
    ),
    "sku": _one(lambda: _("the articles were %(there)s"), lambda: _("none was named"), "sku"),
    "brand": _one(
        lambda: _("the brands were %(there)s"), lambda: _("the goods had no brand"), "brand"
    ),
    "label": _one(
        lambda: _("the labels were %(there)s"), lambda: _("the goods had no label"), "label"
    ),
    "amount": lambda actual, _params, _names: (
        _("the whole receipt came to ¥%(amount)s") % {"amount": yuan(actual)}
    ),
    "quantity": lambda actual, _params, _names: (
        _("the whole receipt had %(count)s items") % {"count": whole(actual)}
    ),
    "dates": lambda actual, _params, _names: _("the day was %(day)s") % {"day": actual},
    "season": lambda actual, _params, _names: _("the day was %(day)s") % {"day": month_day(actual)},
    "weekday": lambda actual, _params, _names: (
        _("that day was a %(day)s") % {"day": WEEKDAYS[actual - 1]}
    ),
    "day_of_month": lambda actual, _params, _names: (
        _("it was day %(day)s of the month") % {"day": actual}
    ),
    "hours": lambda actual, _params, _names: _("the time was %(time)s") % {"time": actual},
    "attribute": _attribute,
}


def _used_up(limit: Sequence[Any]) -> str:
    try:
        scope, period, value = limit
        text = explanations.limit_text(scope, period, "times", str(value))
        return _("%(limit)s, and that is used up (%(value)s of %(value)s)") % {
            "limit": text,
            "value": whole(value),
        }
    except UNFINISHED:
        return BLANK


def _cut(limit: Sequence[Any]) -> str:
    try:
        scope, period, measure, value, used, before, after = limit
        facts = {
            "limit": explanations.limit_text(scope, period, measure, str(value)),
            "used": whole(used),
            "before": whole(before),
            "after": whole(after),
        }
    except UNFINISHED:
        return BLANK
    if used:
        return _("%(limit)s, used before: %(used)s, so %(before)s becomes %(after)s") % facts
    return _("%(limit)s, so %(before)s becomes %(after)s") % facts
