"""What changes from one version to another: settings and rules, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import wording
from stores.selectors import goods

_SETTINGS = (
    "method",
    "points",
    "block_yuan",
    "floor_at",
    "freight_earns",
    "coupon_part_earns",
    "points_part_earns",
    "excluded",
    "stacking",
    "ceiling",
    "order_cap",
    "day_cap",
    "month_cap",
    "leap_day",
    "validity",
    "validity_count",
    "validity_date",
    "pending_days",
    "unit_name",
    "unit_name_en",
    "preface",
    "preface_en",
)


@dataclass(frozen=True)
class Change:
    """One setting or rule: what it was and what it becomes; "" where there was or is none."""

    title: str
    before: str
    after: str


def between(old: EarningRuleVersion, new: EarningRuleVersion) -> list[Change]:
    """Every difference in content, settings first. Two queries, and those for names."""
    return [*_settings(old, new), *_rules(old, new)]


def _settings(old: EarningRuleVersion, new: EarningRuleVersion) -> Iterator[Change]:
    names = wording.Names(shown=None)
    for name in _SETTINGS:
        if getattr(old, name) != getattr(new, name):
            field: Any = EarningRuleVersion._meta.get_field(name)
            yield Change(str(field.verbose_name), _told(old, name, names), _told(new, name, names))


def _told(version: EarningRuleVersion, name: str, names: wording.Names) -> str:
    value: Any = getattr(version, name)
    if name == "excluded":
        return excluded_words(value, names)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return "–"
    if display := getattr(version, f"get_{name}_display", None):
        return str(display())
    return str(value) if isinstance(value, str | date) else number_format(value)


def excluded_words(value: dict[str, list[str]], names: wording.Names | None = None) -> str:
    """The goods that earn nothing, by their names: `categories: gift cards; brands: A, B`."""
    names = names or wording.Names(shown=None)
    words = {
        "category": _("categories"),
        "sku": _("articles"),
        "brand": _("brands"),
        "label": _("labels"),
    }
    told = []
    for kind, word in words.items():
        if values := value.get(kind):
            texts = [goods.label_name(v) if kind == "label" else names.of(kind, v) for v in values]
            told.append(_("%(what)s: %(names)s") % {"what": word, "names": _(", ").join(texts)})
    return _("; ").join(told) or "–"


def _rules(old: EarningRuleVersion, new: EarningRuleVersion) -> Iterator[Change]:
    before, after = _terms(old), _terms(new)
    names = wording.Names(shown=None)
    for key, rule in before.items():
        if key not in after:
            yield Change(wording.name_of(rule), wording.rule_sentence(rule, names=names), "")
    for key, rule in after.items():
        was = before.get(key)
        if was is None:
            yield Change(wording.name_of(rule), "", wording.rule_sentence(rule, names=names))
        elif was != rule:
            yield _changed(was, rule, names)
    kept_before = [key for key in before if key in after]
    kept_after = [key for key in after if key in before]
    if kept_before != kept_after:
        yield Change(
            _("order of the rules"), _order(before, kept_before), _order(after, kept_after)
        )


def _changed(was: RuleTerms, rule: RuleTerms, names: wording.Names) -> Change:
    told = [wording.rule_sentence(one, names=names) for one in (was, rule)]
    if told[0] == told[1] and (was.name, was.name_en) != (rule.name, rule.name_en):
        told = [" / ".join(filter(None, (one.name, one.name_en))) for one in (was, rule)]
    return Change(wording.name_of(rule), told[0], told[1])


def _order(rules: dict[str, RuleTerms], keys: list[str]) -> str:
    return " → ".join(wording.name_of(rules[key]) for key in keys)


def _terms(version: EarningRuleVersion) -> dict[str, RuleTerms]:
    rows = EarningRule.objects.filter(version=version).order_by("position", "pk")
    return {row.key: row.as_terms() for row in rows}
