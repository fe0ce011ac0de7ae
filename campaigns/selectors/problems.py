"""What is wrong with a draft, in words; and what it names that does not exist."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.policies import programs
from campaigns.policies.conditions import Problem
from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import vocabulary

_TEXTS: dict[str, Any] = {
    "value_missing": gettext_lazy("Please fill this in."),
    "value_invalid": gettext_lazy("This value is not possible here."),
    "field_unknown": gettext_lazy("This condition has no such field."),
    "condition_unknown": gettext_lazy("There is no such condition."),
    "too_many_values": gettext_lazy("At most %(limit)s values."),
    "too_many_rules": gettext_lazy("At most %(limit)s rules in one version."),
    "number_invalid": gettext_lazy("This is not a usable number."),
    "number_out_of_range": gettext_lazy("A whole number from %(low)s to %(high)s."),
    "too_many_decimals": gettext_lazy("At most %(limit)s decimals."),
    "range_empty": gettext_lazy("The end lies before the beginning, so nothing fits."),
    "date_invalid": gettext_lazy("This is not a date."),
    "time_invalid": gettext_lazy("This is not a time of day."),
    "block_not_positive": gettext_lazy("The yuan of a block must be more than zero."),
    "points_out_of_range": gettext_lazy("Points from 1 to %(limit)s."),
    "factor_out_of_range": gettext_lazy("A factor from 0 to %(limit)s, never negative."),
    "bands_overlap": gettext_lazy("Each band must begin above the one before it."),
    "limit_twice": gettext_lazy("The same limit is set twice."),
    "key_twice": gettext_lazy("Two rules have the same key."),
    "reduction_has_no_points": gettext_lazy(
        "A factor below 1 takes points away; those can have no validity of their own."
    ),
    "unknown_value": gettext_lazy("There is no “%(value)s”."),
}


def sentence(problem: Problem) -> str:
    """One problem in the reader's language, without its field."""
    return str(_TEXTS[problem.code]) % dict(problem.params)


def told(problems: Iterable[Problem]) -> str:
    """All of them on one line, each with its field."""
    found = [f"{p.field}: {sentence(p)}" for p in problems]
    more = len(found) - 5
    shown = " ".join(found[:5])
    if more <= 0:
        return shown
    return (
        shown
        + " "
        + ngettext("(and %(count)s more)", "(and %(count)s more)", more) % {"count": more}
    )


def of_program(terms: ProgramTerms) -> Iterator[Problem]:
    """Everything that makes a version unfit: in itself, and by what it names."""
    yield from programs.problems(terms)
    known = vocabulary.Known()
    for kind, values in terms.excluded.items():
        yield from _unknown(known, kind, values, "excluded")
    for rule in terms.rules:
        yield from (
            Problem(f"rules.{rule.key}.{p.field}", p.code, p.params)
            for p in references(rule, known)
        )


def of_rule(rule: RuleTerms) -> Iterator[Problem]:
    """Everything that makes one rule unfit to be saved."""
    yield from programs.rule_problems(rule)
    yield from references(rule, vocabulary.Known())


def references(rule: RuleTerms, known: "vocabulary.Known") -> Iterator[Problem]:
    """Stores, categories, tiers … that the rule names and that do not exist."""
    for place, condition in enumerate(rule.conditions):
        values = condition.get("in") if hasattr(condition, "get") else None
        if isinstance(values, list):
            kind = str(condition.get("kind"))
            yield from _unknown(known, kind, values, f"conditions.{place}.in")


def _unknown(
    known: "vocabulary.Known", kind: str, values: Iterable[Any], field: str
) -> Iterator[Problem]:
    exists = known.values(kind)
    if exists is None:
        return
    for value in values:
        if isinstance(value, str) and value not in exists:
            yield Problem(field, "unknown_value", (("value", value[:64]),))


def label(problem: Problem) -> str:
    """For lists of warnings: `field: sentence`."""
    return _("%(field)s: %(sentence)s") % {"field": problem.field, "sentence": sentence(problem)}
