"""The kinds of hints, and how they are said."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Hint(NamedTuple):
    """A hint about the rules with these keys (none: about the program's settings).

    `facts` are figures and names for the sentence; `is_strong` where money is surely lost.
    """

    code: str
    rules: tuple[str, ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()
    is_strong: bool = False


# code → what it says, and what was looked at to find it.
_TEXTS: Mapping[str, tuple[Any, Any]] = {
    "covered": (
        gettext_lazy("“%(second)s” never counts: “%(first)s” comes before it and takes its goods."),
        gettext_lazy("compared: the conditions of both, category tree included"),
    ),
    "basic_covered": (
        gettext_lazy("The basic rate never counts: “%(first)s” takes all goods before it."),
        gettext_lazy("compared: the rule has no condition that goods could fail"),
    ),
    "multipliers_meet": (
        gettext_lazy("“%(first)s” and “%(second)s” can meet; then points count × %(together)s."),
        gettext_lazy("looked at: the conditions, four years of days, stacking and ceiling"),
    ),
    "more_meet": (
        gettext_lazy("More multipliers can meet; only the first %(count)s pairs are listed."),
        gettext_lazy("looked at: the conditions, four years of days, stacking and ceiling"),
    ),
    "multiplies_nothing": (
        gettext_lazy(
            "“%(first)s” multiplies nothing: no rule gives points that it could multiply."
        ),
        gettext_lazy("looked at: basic rate and rules with the same trigger"),
    ),
    "factor_of_one": (
        gettext_lazy("“%(first)s” multiplies by 1 and changes nothing."),
        gettext_lazy("looked at: the factor"),
    ),
    "factor_of_zero": (
        gettext_lazy("“%(first)s” multiplies by 0: where it applies, nothing is earned."),
        gettext_lazy("looked at: the factor"),
    ),
    "no_day": (
        gettext_lazy("“%(first)s” never applies: no day from %(start)s on fits all its dates."),
        gettext_lazy("looked at: dates, season, weekdays and days of the month, four years ahead"),
    ),
    "always_zero": (
        gettext_lazy(
            "“%(first)s” never gives a point: below ¥%(amount)s, where it ends, that is less "
            "than one block or point."
        ),
        gettext_lazy("computed: the largest amount that the rule is about"),
    ),
    "all_bands_zero": (
        gettext_lazy("“%(first)s” never gives a point: no band that can be reached gives any."),
        gettext_lazy("looked at: bands and the amounts that the rule is about"),
    ),
    "zero_per_line": (
        gettext_lazy(
            "“%(first)s” gives nothing for any line below ¥%(amount)s, even in a full basket."
        ),
        gettext_lazy("computed: rounding down on every line"),
    ),
    "only_excluded": (
        gettext_lazy("“%(first)s” is only about goods that earn nothing in this program."),
        gettext_lazy("compared: the rule's goods with the excluded ones"),
    ),
    "dear": (
        gettext_lazy(
            "“%(first)s” gives back %(percent)s %% of the money: %(points)s points, worth "
            "¥%(worth)s, for ¥%(amount)s."
        ),
        gettext_lazy("computed: points × the value of a point in the ledger's settings"),
    ),
    "dear_for_any": (
        gettext_lazy(
            "“%(first)s” gives %(points)s points, worth ¥%(worth)s, for a purchase of any amount; "
            "of ¥%(amount)s that is %(percent)s %%."
        ),
        gettext_lazy("computed: a purchase of ¥%(amount)s, without a limit on times"),
    ),
    "dear_together": (
        gettext_lazy(
            "Together, %(names)s give back %(percent)s %% of the money: %(points)s points, worth "
            "¥%(worth)s, for ¥%(amount)s."
        ),
        gettext_lazy(
            "computed: the best rate with every multiplier that can meet it, ceiling included"
        ),
    ),
    "budget_below_grant": (
        gettext_lazy(
            "“%(first)s” gives %(points)s points at a time, but its limit is %(limit)s points."
        ),
        gettext_lazy("compared: one grant with the rule's limits in points and yuan"),
    ),
    "gift_card_loop": (
        gettext_lazy(
            "Gift cards earn points: whoever pays with a gift card earns twice for the same money. "
            "Exclude the label “gift card” from earning."
        ),
        gettext_lazy("looked at: excluded labels of the program and of each rule"),
    ),
    "points_loop": (
        gettext_lazy("What is paid with points earns points again."),
        gettext_lazy("looked at: the part of a purchase that points have paid"),
    ),
    "doubled_for_ever": (
        gettext_lazy(
            "“%(first)s” multiplies everything by %(factor)s, for everybody and for ever."
        ),
        gettext_lazy("looked at: it has no condition and no limit"),
    ),
}
CHECKED = gettext_lazy("(%(what)s)")


def sentence(hint: Hint) -> str:
    """The hint in the active language, with what was looked at."""
    text, looked_at = _TEXTS[hint.code]
    facts = dict(hint.facts)
    if "names" in facts:
        facts["names"] = _(", ").join(_("“%(name)s”") % {"name": one} for one in facts["names"])
    checked = str(CHECKED) % {
        "what": str(looked_at) % facts if "%(" in str(looked_at) else looked_at
    }
    return f"{str(text) % facts} {checked}"
