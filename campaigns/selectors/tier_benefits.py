"""What the program in force gives to a level: multipliers, gifts on a birthday …

The rules are the one source of truth, judged, explained and back-tested like any other; the
pages of levels only read them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.policies import programs
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import rules, wording
from tiers.selectors.benefits import Told


def told(codes: Sequence[str], at: datetime) -> Mapping[str, Sequence[Told]]:
    """What the rules in force at this moment say about each level.

    One query where the program is known to this process.
    """
    program = rules.timetable().at(at)
    found: dict[str, list[Told]] = {code: [] for code in codes}
    if program is None:
        return found
    for rule in program.terms.rules:
        condition = tier_condition(rule)
        if condition is None:
            continue
        for code in _levels(condition, codes):
            found[code].append(_told(rule))
    return found


def tier_condition(rule: RuleTerms) -> Mapping[str, Any] | None:
    """The condition of a rule about the level, if it has one."""
    return next((c for c in rule.conditions if c.get("kind") == "tier"), None)


def links(code: str) -> list[tuple[str, str]]:
    """Where staff add a rule for a level to a draft of the program."""
    return [
        (
            _("Add a multiplier or gift by a rule"),
            reverse("admin:campaigns_earningrule_tier", args=[code]),
        )
    ]


def _levels(condition: Mapping[str, Any], codes: Sequence[str]) -> list[str]:
    named = set(condition.get("in", ()))
    is_not = bool(condition.get("not", False))
    return [code for code in codes if (code in named) is not is_not]


def _told(rule: RuleTerms) -> Told:
    """A rule that asks for more than the level says so by its name."""
    text = wording.effect_phrase(rule)
    is_conditional = len(rule.conditions) > 1
    if is_conditional:
        text = _("%(name)s: %(what)s") % {"name": wording.name_of(rule), "what": text}
    if rule.trigger == "birthday":
        return Told("birthday_gift", _("Birthday gift"), text)
    if rule.trigger != "purchase":
        return Told(f"rule:{rule.key}", wording.name_of(rule), text)
    if rule.effect == programs.MULTIPLIER:
        return Told("multiplier", _("Points on purchases"), text)
    return Told("extra", _("Extra points"), text)
