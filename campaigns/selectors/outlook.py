"""A version as its pages show it: each rule in words, with examples and hints."""

from dataclasses import dataclass
from datetime import datetime

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import problems, warnings, wording
from campaigns.selectors.warnings import Hint
from points.selectors import balances


@dataclass(frozen=True)
class RuleView:
    """One rule: its sentence, a worked example where there is one, and what is wrong with it."""

    rule: EarningRule
    sentence: str
    example: str | None
    problems: list[str]


@dataclass(frozen=True)
class Outlook:
    """All rules of a version in their order, with the hints about them."""

    rules: list[RuleView]
    hints: list[Hint]
    problems: list[str]


def of_version(version: EarningRuleVersion, *, now: datetime) -> Outlook:
    """One query for the rules, one for the settings, and one for each kind of name used."""
    rows = list(EarningRule.objects.filter(version=version).order_by("position", "pk"))
    terms = version.as_terms([row.as_terms() for row in rows])
    compiled = programs.compiled(terms)
    names = wording.Names(leap_day=terms.leap_day)
    wrong: dict[str, list[str]] = {}
    for problem in problems.of_program(terms):
        head, key = (*problem.field.split("."), "")[:2]
        place = key if head == "rules" else ""
        wrong.setdefault(place, []).append(problems.sentence(problem))
    views = [
        RuleView(
            row,
            wording.rule_sentence(rule, names=names),
            wording.example_of(compiled, rule),
            list(dict.fromkeys(wrong.get(rule.key, ()))),
        )
        for row, rule in zip(rows, terms.rules, strict=True)
    ]
    return Outlook(views, hints_of(terms, now=now), wrong.get("", []))


def hints_of(terms: ProgramTerms, *, now: datetime) -> list[Hint]:
    """Hints about a version, by the value that the ledger's settings give to a point."""
    settings = balances.ledger_settings()
    return warnings.of_program(terms, now=now, points_per_yuan=settings.points_per_yuan)


@dataclass(frozen=True)
class RulePreview:
    """A rule that may not be saved yet, as it would be."""

    sentence: str
    example: str | None
    hints: list[Hint]


def of_rule(version: EarningRuleVersion, rule: EarningRule, *, now: datetime) -> RulePreview:
    """What `rule`, saved or not, says and does among the others of its version."""
    rows = EarningRule.objects.filter(version=version).order_by("position", "pk")
    others = [(row.pk, row.as_terms()) for row in rows]
    own = rule.as_terms()
    if not own.key:
        own = _with_key(rule)
    rules = [own if pk == rule.pk else terms for pk, terms in others]
    if own not in rules:
        rules.append(own)
    terms = version.as_terms(rules)
    names = wording.Names(leap_day=terms.leap_day)
    hints = warnings.about_rule(hints_of(terms, now=now), own.key)
    example = wording.example_of(programs.compiled(terms), own)
    return RulePreview(wording.rule_sentence(own, names=names), example, hints)


def _with_key(rule: EarningRule) -> RuleTerms:
    """A rule that is not saved has no key yet; hints need one to name it by."""
    rule.key = "preview"
    terms = rule.as_terms()
    rule.key = ""
    return terms
