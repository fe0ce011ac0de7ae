"""A built segment's conditions in words, and the vocabularies that its values come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dates import MONTHS
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from campaigns.models import EarningRule
from campaigns.policies.conditions import decimal_of
from campaigns.policies.problems import Params, Problem
from campaigns.selectors.problems import sentence as problem_sentence
from insights.models import RfmScore
from insights.policies.segments import KINDS, conditions, group_of, problems
from members import selectors
from members.models import Consent, Member, Segment
from stores.models import Store
from stores.selectors import goods
from tiers.selectors import ladder

NAMES: dict[str, Promise] = {
    "purchases": gettext_lazy("number of purchases"),
    "spent": gettext_lazy("yuan spent"),
    "last_purchase": gettext_lazy("days since the last purchase"),
    "first_purchase": gettext_lazy("days since the first purchase"),
    "rfm": gettext_lazy("RFM group"),
    "balance": gettext_lazy("usable points"),
    "earned": gettext_lazy("points earned"),
    "expiring": gettext_lazy("points about to lapse"),
    "tier": gettext_lazy("tier"),
    "tag": gettext_lazy("tag of the member"),
    "list": gettext_lazy("on a fixed list"),
    "home_store": gettext_lazy("home store"),
    "joined": gettext_lazy("days since joining"),
    "birthday_month": gettext_lazy("month of the birthday"),
    "source": gettext_lazy("where the member came from"),
    "event": gettext_lazy("what the member has done"),
    "consent": gettext_lazy("consent given"),
}
_PERIOD_TWICE = gettext_lazy("Give a number of days or dates, not both.")


# --- vocabularies ------------------------------------------------------------------------------


def _stores() -> dict[str, str]:
    return dict(Store.objects.order_by("code").values_list("code", "name"))


def _lists() -> dict[str, str]:
    rows = Segment.objects.usable().filter(kind=Segment.Kind.LIST).order_by("code")
    return {one.code: str(one) for one in rows}


def _words(choices: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(value): str(word) for value, word in choices}


def _events() -> dict[str, str]:
    words = _words(EarningRule.Trigger.choices)
    words.pop(EarningRule.Trigger.PURCHASE)
    return words


_VOCABULARIES: dict[str, Callable[[], Mapping[str, str]]] = {
    "store": _stores,
    "category": lambda: dict(goods.known_categories()),
    "tag": lambda: {name: name for name in selectors.known_tags()},
    "tier": ladder.names,
    "list": _lists,
    "rfm": lambda: _words(RfmScore.Group.choices),
    "source": lambda: _words(Member.Source.choices),
    "event": _events,
    "consent": lambda: _words(Consent.Purpose.choices),
}


class Known:
    """Codes and names of what there is, read once for each vocabulary that is asked for."""

    def __init__(self) -> None:
        self._read: dict[str, Mapping[str, str]] = {}

    def values(self, of: str) -> Mapping[str, str]:
        if of not in self._read:
            self._read[of] = _VOCABULARIES[of]()
        return self._read[of]

    def listed(self, of: str, values: Iterable[Any]) -> str:
        names = self.values(of) if of else {}
        return pgettext("list", ", ").join(str(names.get(value, value)) for value in values)


def all_problems(tree: Any, known: Known | None = None) -> list[Problem]:
    """Everything that makes a tree unfit: in itself, and by what it names."""
    found = list(problems(tree))
    return found or list(_unknown(tree, known or Known()))


def _unknown(tree: Params, known: Known) -> Iterator[Problem]:
    for node in conditions(tree):
        for field in KINDS[node["kind"]].fields:
            if field.of and field.type == "names":
                for value in node.get(field.name) or ():
                    if value not in known.values(field.of):
                        yield Problem(field.name, "unknown_value", (("value", value),))


def list_users(code: str, _at: datetime) -> list[str]:
    """The built segments that ask for this fixed list."""
    asked = Segment.objects.usable().filter(kind=Segment.Kind.BUILT).order_by("code")
    return [str(one) for one in asked if code in _lists_of(one.definition)]


def _lists_of(definition: Any) -> set[str]:
    if any(problems(definition)):
        return set()
    asked = (node for node in conditions(definition) if node["kind"] == "list")
    return {code for node in asked for code in node["in"]}


def told(problem: Problem) -> str:
    """One problem in the reader's language."""
    return str(_PERIOD_TWICE) if problem.code == "period_twice" else problem_sentence(problem)


# --- sentences ---------------------------------------------------------------------------------


def sentence(tree: Params, known: Known | None = None) -> str:
    """The whole tree in one sentence; groups within groups stand in brackets."""
    return _node(tree, known or Known(), is_inner=False)


def _node(node: Params, known: Known, *, is_inner: bool) -> str:
    group = group_of(node)
    if group is None:
        phrase = condition(node, known)
        return _("not (%(phrase)s)") % {"phrase": phrase} if node.get("not") else phrase
    op, nodes = group
    parts = [_node(one, known, is_inner=True) for one in nodes]
    word = pgettext("conditions", " and ") if op == "all" else pgettext("conditions", " or ")
    joined = word.join(parts)
    if node.get("not"):
        return _("not (%(phrase)s)") % {"phrase": joined}
    return _("(%(phrase)s)") % {"phrase": joined} if is_inner and len(parts) > 1 else joined


def condition(node: Params, known: Known) -> str:
    """One condition without its negation: “bought at least 3 times in the last 90 days”."""
    return _PHRASES[node["kind"]](node, known)


def _figure(node: Params, one: Callable[[Any], str]) -> str:
    low, high = node.get("min"), node.get("max")
    if low in (None, ""):
        return _("at most %(figure)s") % {"figure": one(high)}
    if high in (None, ""):
        return _("at least %(figure)s") % {"figure": one(low)}
    if decimal_of(low) == decimal_of(high):
        return _("exactly %(figure)s") % {"figure": one(low)}
    return _("between %(low)s and %(high)s") % {"low": one(low), "high": one(high)}


def _number(value: Any) -> str:
    number = decimal_of(value) or Decimal(0)
    whole = number == number.to_integral_value()
    return number_format(int(number) if whole else number, use_l10n=True, force_grouping=True)


def _times(value: Any) -> str:
    return ngettext("%(count)s time", "%(count)s times", int(value)) % {"count": _number(value)}


def _points(value: Any) -> str:
    return ngettext("%(count)s point", "%(count)s points", int(value)) % {"count": _number(value)}


def _span(value: Any) -> str:
    return ngettext("%(count)s day", "%(count)s days", int(value)) % {"count": _number(value)}


def _yuan(value: Any) -> str:
    return f"¥{_number(value)}"


def _period(node: Params) -> str:
    if days := node.get("last_days"):
        return _(" in the last %(days)s days") % {"days": _number(days)}
    first, last = (_day(node.get(name)) for name in ("first_day", "last_day"))
    if first and last:
        return _(" from %(first)s through %(last)s") % {"first": first, "last": last}
    if first:
        return _(" since %(first)s") % {"first": first}
    return _(" through %(last)s") % {"last": last} if last else ""


def _day(text: Any) -> str:
    return date_format(date.fromisoformat(text), "Y-m-d") if text else ""


def _where(node: Params, known: Known) -> str:
    parts = []
    if stores := node.get("stores"):
        parts.append(_(" in %(names)s") % {"names": known.listed("store", stores)})
    wares = [
        *(known.listed("category", [code]) for code in node.get("categories") or ()),
        *(node.get("skus") or ()),
    ]
    if wares:
        parts.append(_(" of “%(names)s”") % {"names": pgettext("list", ", ").join(wares)})
    return "".join(parts)


def _buying(text: Callable[[], str], unit: Callable[[Any], str]) -> Callable[[Params, Known], str]:
    def phrase(node: Params, known: Known) -> str:
        return text() % {
            "figure": _figure(node, unit),
            "period": _period(node),
            "where": _where(node, known),
        }

    return phrase


def _plain(text: Callable[[], str], unit: Callable[[Any], str]) -> Callable[[Params, Known], str]:
    return lambda node, _known: (
        text() % {"figure": _figure(node, unit), "period": _period(node), "days": node.get("days")}
    )


def _named(text: Callable[[], str], of: str) -> Callable[[Params, Known], str]:
    return lambda node, known: text() % {"names": known.listed(of, node["in"])}


def _months(node: Params, _known: Known) -> str:
    names = pgettext("list", ", ").join(str(MONTHS[month]) for month in node["in"])
    return _("birthday in %(names)s") % {"names": names}


def _event(node: Params, known: Known) -> str:
    return _("did “%(names)s” %(figure)s%(period)s") % {
        "names": known.listed("event", node["in"]),
        "figure": _figure(node, _times),
        "period": _period(node),
    }


_PHRASES: dict[str, Callable[[Params, Known], str]] = {
    "purchases": _buying(lambda: _("bought %(figure)s%(where)s%(period)s"), _times),
    "spent": _buying(lambda: _("spent %(figure)s%(where)s%(period)s"), _yuan),
    "last_purchase": _plain(lambda: _("last bought %(figure)s ago"), _span),
    "first_purchase": _plain(lambda: _("first bought %(figure)s ago"), _span),
    "rfm": _named(lambda: _("RFM group %(names)s"), "rfm"),
    "balance": _plain(lambda: _("has %(figure)s"), _points),
    "earned": _plain(lambda: _("earned %(figure)s%(period)s"), _points),
    "expiring": _plain(lambda: _("%(figure)s lapse within %(days)s days"), _points),
    "tier": _named(lambda: _("tier %(names)s"), "tier"),
    "tag": _named(lambda: _("tagged “%(names)s”"), "tag"),
    "list": _named(lambda: _("on the list “%(names)s”"), "list"),
    "home_store": _named(lambda: _("home store %(names)s"), "store"),
    "joined": _plain(lambda: _("joined %(figure)s ago"), _span),
    "birthday_month": _months,
    "source": _named(lambda: _("came by %(names)s"), "source"),
    "event": _event,
    "consent": _named(lambda: _("consents to “%(names)s”"), "consent"),
}
