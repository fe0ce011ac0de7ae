"""A rule as one sentence: when, who, where, what; what it gives; how often; for how long."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import npgettext

from campaigns.policies import programs
from campaigns.policies.conditions import decimal_of
from campaigns.policies.numbers import plain
from campaigns.policies.occasions import PURCHASE
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import explanations
from campaigns.selectors.wording.conditions import condition_phrase, in_order
from campaigns.selectors.wording.names import (
    BLANK,
    UNFINISHED,
    Names,
    clauses,
    iso_day,
    whole,
    yuan,
)


def rule_sentence(rule: RuleTerms, *, names: Names | None = None) -> str:
    """The whole rule, without its name. Never raises: the builder asks while it is being typed."""
    names = names or Names()
    first = [condition_phrase(params, names) for params in in_order(rule.conditions)]
    first += [trigger_phrase(rule), effect_phrase(rule)]
    first += [limit_phrase(limit) for limit in _items(rule.limits)]
    parts = [
        clauses(first),
        _combined(rule),
        validity_phrase(rule.validity),
        timing_phrase(rule.timing, trigger=rule.trigger),
    ]
    text = _("; ").join(part for part in parts if part)
    return _("%(sentence)s.") % {"sentence": text[:1].upper() + text[1:]}


def trigger_phrase(rule: RuleTerms) -> str:
    """For what act points are given; empty for purchases whose effect says it already."""
    if rule.trigger == PURCHASE:
        return _("for every purchase") if rule.effect == programs.FIXED else ""
    texts = {
        "first_order": _("for the first purchase"),
        "registration": _("for joining"),
        "profile": _("for completing the profile"),
        "birthday": _("for the birthday"),
        "referral": _("for a friend who joins by referral"),
        "review": _("for a review"),
        "check_in": _("for a check-in"),
        "share": _("for sharing"),
        "questionnaire": _("for a questionnaire"),
        "quiz": _("for a quiz"),
        "vote": _("for a vote"),
        "event": _("for taking part in the event “%(code)s”"),
        "custom": _("for “%(code)s”"),
    }
    code = rule.code or BLANK
    text = texts.get(str(rule.trigger), BLANK) % {"code": code}
    if rule.code and rule.trigger not in ("event", "custom"):
        text = _("%(act)s (“%(code)s”)") % {"act": text, "code": code}
    return text


def effect_phrase(rule: RuleTerms) -> str:
    """`10 points for every full ¥100 spent`."""
    try:
        return _effect(rule)
    except UNFINISHED:
        return BLANK


def _effect(rule: RuleTerms) -> str:
    if rule.effect == programs.MULTIPLIER:
        return _("points × %(factor)s") % {"factor": _factor(rule.factor)}
    if rule.effect in (programs.BANDS, programs.BAND_MULTIPLIER):
        return clauses(_band(rule, band) for band in _items(rule.bands)) or BLANK
    texts = {
        programs.PER_YUAN: _("%(points)s for every ¥%(yuan)s spent, in proportion"),
        programs.PER_BLOCK: _("%(points)s for every full ¥%(yuan)s spent"),
        programs.PER_ITEM: _("%(points)s for every item"),
        programs.FIXED: _("gives %(points)s"),
    }
    facts = {"points": points_text(rule.points or None), "yuan": yuan(rule.yuan)}
    return texts[rule.effect] % facts


def _band(rule: RuleTerms, band: Mapping[str, Any]) -> str:
    start = yuan(band.get("from"))
    if rule.effect == programs.BANDS:
        points = points_text(band.get("points"))
        return _("%(points)s from ¥%(yuan)s") % {"points": points, "yuan": start}
    return _("points × %(factor)s from ¥%(yuan)s") % {
        "factor": _factor(band.get("factor")),
        "yuan": start,
    }


def points_text(value: Any) -> str:
    """`10 points`, with dots for a number that is not there yet."""
    number = decimal_of(value)
    count = int(number) if number is not None else 2
    return npgettext("in a rule", "%(points)s point", "%(points)s points", count) % {
        "points": whole(value)
    }


def _factor(value: Any) -> str:
    number = decimal_of(value)
    return BLANK if number is None else plain(number)


def _combined(rule: RuleTerms) -> str:
    """How the rule's points go together with those of other rules."""
    if rule.effect in programs.MULTIPLYING:
        return ""
    is_purchase = rule.trigger in (PURCHASE, "first_order")
    if rule.combine == programs.EXTRA:
        if rule.is_multiplied:
            return (
                _("on top of other points, and multiplied like them")
                if is_purchase
                else _("multiplied where a multiplier applies")
            )
        return _("on top of other points, never multiplied") if is_purchase else ""
    if is_purchase:
        return _("instead of the basic rate and such rules further down, for the same goods")
    return _("instead of such rules further down, for the same act")


def limit_phrase(limit: Any) -> str:
    """`at most 100 points per member and day`."""
    try:
        measure = next(name for name in programs.MEASURES if name in limit)
        value = decimal_of(limit[measure])
        if value is None:
            return BLANK
        return explanations.limit_text(
            limit["per"], limit.get("period", "ever"), measure, plain(value)
        )
    except (*UNFINISHED, StopIteration):
        return BLANK


def validity_phrase(data: Any) -> str:
    """`valid for 12 months from the day of earning`; empty for the program's own."""
    if not data:
        return ""
    try:
        return _validity(data)
    except UNFINISHED:
        return BLANK


def _validity(data: Mapping[str, Any]) -> str:
    kind, count = data["kind"], data.get("count")
    if kind == "never":
        return _("never expire")
    if kind == "date":
        return _("valid through %(day)s, the same day for all; earned later, that day only") % {
            "day": iso_day(data.get("date"))
        }
    if kind in ("months", "days"):
        texts = {
            "months": _("valid for %(count)s months from the day of earning"),
            "days": _("valid for %(count)s days from the day of earning"),
        }
        return texts[kind] % {"count": whole(count)}
    ends = {
        "year_end": (
            _("valid through the end of the year of earning"),
            _("valid through the end of the year after the year of earning"),
            _("valid through the end of the year, %(count)s years after the year of earning"),
        ),
        "quarter_end": (
            _("valid through the end of the quarter of earning"),
            _("valid through the end of the quarter after the quarter of earning"),
            _("valid through the end of the quarter, %(count)s quarters after that of earning"),
        ),
    }[kind]
    return ends[min(int(count or 0), 2)] % {"count": whole(count)}


def timing_phrase(data: Any, *, trigger: str = PURCHASE) -> str:
    """`usable 7 days after the order is complete`; empty where the program's own timing holds."""
    try:
        kind = (data or {}).get("kind", "inherit")
        if kind == "inherit":
            return ""
        if kind == "date":
            return _("usable from %(day)s on") % {"day": iso_day(data.get("date"))}
        if kind == "at_once":
            return _("usable at once")
        return _days_text(data.get("days"), is_purchase=trigger in (PURCHASE, "first_order"))
    except UNFINISHED:
        return BLANK


def _days_text(days: Any, *, is_purchase: bool) -> str:
    if days == 0:
        return _("usable as soon as the order is complete") if is_purchase else _("usable at once")
    text = (
        _("usable %(days)s days after the order is complete")
        if is_purchase
        else _("usable %(days)s days later")
    )
    return text % {"days": whole(days)}


def _items(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else []
