"""Names of what rules speak of, and how lists and figures are written."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain
from campaigns.policies.programs import BASIC
from campaigns.selectors.vocabulary import Known
from stores.selectors import goods

# Stands where a term is not filled in yet.
BLANK = "…"
_SHOWN = 12
# What goes wrong with terms that are half filled in, or not of the kind that they should be.
UNFINISHED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Names:
    """Display names of stores, categories, tags …, each kind read once when it is first asked for.

    `given` names kinds that need no query; `leap_day` is the program's, told with birthdays;
    `shown` is how many values of a list are written out, None for all.
    """

    def __init__(
        self,
        given: Mapping[str, Mapping[str, str]] | None = None,
        *,
        leap_day: str = "",
        shown: int | None = _SHOWN,
    ) -> None:
        self.leap_day = leap_day
        self.shown = shown
        self._given = given or {}
        self._known = Known()

    def of(self, kind: str, code: Any) -> str:
        """The name of `code`, or the code where it has none."""
        if kind == "label":
            return goods.label_name(str(code))
        if kind in self._given:
            return self._given[kind].get(str(code)) or str(code)
        names = self._known.values(kind)
        return (names or {}).get(str(code)) or str(code)

    def listed(self, kind: str, values: Any, *, form: str = "%s") -> str:
        """`West Lake, Riverside`; a dash of dots while there is none."""
        if not isinstance(values, list | tuple | set | frozenset) or not values:
            return form % BLANK
        names = [form % self.of(kind, value) for value in values]
        if self.shown is None or len(names) <= self.shown:
            return listed(names)
        more = len(names) - self.shown
        return ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more) % {
            "names": listed(names[: self.shown]),
            "count": more,
        }


def listed(names: Iterable[str]) -> str:
    """Values one after the other: `a, b`, in Chinese `a、b`."""
    return pgettext("between the values of a list", ", ").join(names)


def clauses(parts: Iterable[str]) -> str:
    """Parts of one sentence."""
    return _(", ").join(part for part in parts if part)


def name_of(rule: Any) -> str:
    """The name of a rule, or of a finding about one, in the active language."""
    if getattr(rule, "rule", getattr(rule, "key", "")) == BASIC:
        return _("basic points")
    is_english = (get_language() or "").startswith("en")
    return str((is_english and rule.name_en) or rule.name or BLANK)


def whole(value: Any) -> str:
    """`12,860`; dots where there is no number yet."""
    number = decimal_of(value)
    return BLANK if number is None else f"{number:,f}"


def yuan(value: Any) -> str:
    """`100`, `88.80`: without its sign, which each language puts where it belongs."""
    number = decimal_of(value)
    if number is None:
        return BLANK
    text = plain(number)
    return f"{Decimal(text):,.2f}" if "." in text else f"{Decimal(text):,f}"


def month_day(text: Any) -> str:
    """`11-01` → `1 November`, `11 月 1 日`."""
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError:
        return BLANK
    return _("%(day)s %(month)s") % {"day": day.day, "month": _month_name(day.month)}


def _month_name(month: int) -> str:
    """The name of a month as it is written next to a day."""
    names = (
        pgettext("with a day", "January"),
        pgettext("with a day", "February"),
        pgettext("with a day", "March"),
        pgettext("with a day", "April"),
        pgettext("with a day", "May"),
        pgettext("with a day", "June"),
        pgettext("with a day", "July"),
        pgettext("with a day", "August"),
        pgettext("with a day", "September"),
        pgettext("with a day", "October"),
        pgettext("with a day", "November"),
        pgettext("with a day", "December"),
    )
    return names[month - 1]


def iso_day(value: Any) -> str:
    """`2026-11-01`, or dots."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return BLANK
