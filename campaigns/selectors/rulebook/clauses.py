"""What the rules page says, as data: each clause comes from a setting, and from nothing else.

A clause is a section, a code and figures. `texts` renders the codes in the reader's language.
What is not so must not be said: a clause belongs to a setting or to what the ledger does.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.models import EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.occasions import PURCHASE
from campaigns.policies.programs import Program, ProgramTerms, RuleTerms
from campaigns.selectors import rules
from campaigns.selectors.rulebook import texts
from campaigns.selectors.vocabulary import CLOSED, Known
from campaigns.selectors.wording import samples
from points.selectors import clearings, ledger_settings
from points.selectors.gifts import gift_settings

SECTIONS = ("earning", "spending", "validity", "returns", "transfer", "special")


class Clause(NamedTuple):
    """One statement. `key` is the same from one edition to the next, so that they compare."""

    section: str
    code: str
    params: Mapping[str, Any]
    key: str


@dataclass(frozen=True, slots=True)
class Book:
    """All clauses of a version in their order, what points are called, and the preface."""

    clauses: Sequence[Clause]
    unit: Mapping[str, str]
    preface: Mapping[str, str]

    def content(self) -> dict[str, Any]:
        return {"clauses": [list(clause) for clause in self.clauses], "unit": dict(self.unit)}

    @property
    def mark(self) -> str:
        """A fingerprint of everything that members read."""
        data = {**self.content(), "preface": dict(self.preface)}
        text = json.dumps(data, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of_content(cls, content: Mapping[str, Any], preface: Mapping[str, str]) -> "Book":
        clauses = [Clause(*row) for row in content["clauses"]]
        return cls(clauses, content.get("unit", {}), preface)


# (code, figures) for a section, by the apps above that have something to say.
Provider = Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
_providers: list[tuple[str, Provider]] = []


def register(
    section: str, provider: Provider, renderers: Mapping[str, texts.Renderer]
) -> Callable[[], None]:
    """Let an app above add clauses to `section`, with a renderer for each of its codes.

    After what a provider says has changed, `services.editions.record` makes a new edition.
    Returns a function that takes the provider out again.
    """
    if section not in SECTIONS:
        raise ValueError(f"no such section: {section}")
    pair = (section, provider)
    _providers.append(pair)
    texts.RENDERERS.update(renderers)
    return lambda: _providers.remove(pair)


def book_of(version: EarningRuleVersion) -> Book:
    """The rules page of a version as the live configuration has it now; a draft's too."""
    terms = rules.terms_of(version)
    known = Known()
    found = [
        *_earning(terms, known),
        *_validity(terms),
        *_ledger(),
        *((section, *clause) for section, provider in _providers for clause in provider()),
    ]
    made = [_clause(*one) for one in found]
    made.sort(key=lambda clause: SECTIONS.index(clause.section))
    return Book(
        clauses=made,
        unit={"zh": version.unit_name, "en": version.unit_name_en},
        preface={"zh": version.preface, "en": version.preface_en},
    )


Raw = tuple[str, str, Mapping[str, Any]]


def _clause(section: str, code: str, params: Mapping[str, Any]) -> Clause:
    key = f"rule:{params['rule']['key']}" if code == "rule" else code
    if code == "clearing":
        key = f"clearing:{params['number']}"
    # As it will be read back from the database, so that marks compare.
    return Clause(section, code, json.loads(json.dumps(params)), key)


def _earning(terms: ProgramTerms, known: Known) -> Iterator[Raw]:
    program = programs.compiled(terms)
    if terms.basic_points:
        yield "earning", "basic_rate", _basic(program)
    else:
        yield "earning", "no_basic_rate", {}
    yield "earning", f"floor_{terms.floor_at}", {}
    yield from (("earning", "rule", _rule(program, rule, known)) for rule in terms.rules)
    if any(_is_base(rule) for rule in terms.rules):
        yield "earning", "first_base_rule", {}
    yield from _together(terms)
    for name in ("order_cap", "day_cap", "month_cap"):
        if (cap := getattr(terms, name)) is not None:
            yield "earning", name, {"points": cap}
    yield from _base(terms, known)
    if any(rule.trigger == "birthday" for rule in terms.rules):
        yield "earning", f"birthday_{terms.leap_day}", {}
    yield "earning", "own_time", {}
    yield "spending", "usable", {"days": terms.pending_days}


def _is_base(rule: RuleTerms) -> bool:
    is_for_goods = rule.trigger in (PURCHASE, "first_order")
    return (
        is_for_goods and rule.combine == programs.BASE and rule.effect not in programs.MULTIPLYING
    )


def _together(terms: ProgramTerms) -> Iterator[Raw]:
    """How multipliers meet: said where there are such."""
    multipliers = [rule for rule in terms.rules if rule.effect in programs.MULTIPLYING]
    if len(multipliers) > 1:
        yield "earning", f"stacking_{terms.stacking}", {}
    if multipliers and terms.ceiling is not None:
        yield "earning", "ceiling", {"factor": _number(terms.ceiling)}


def _base(terms: ProgramTerms, known: Known) -> Iterator[Raw]:
    """Which part of a purchase counts (N12)."""
    for name in ("freight", "coupon_part", "points_part"):
        does = "earns" if getattr(terms, f"{name}_earns") else "earns_nothing"
        yield "earning", f"{name}_{does}", {}
    yield "earning", "free_goods", {}
    excluded = {kind: list(values) for kind, values in terms.excluded.items() if values}
    if excluded:
        yield "earning", "excluded", {"goods": excluded, "names": _names(excluded, known)}


def _basic(program: Program) -> dict[str, Any]:
    terms = program.terms
    data = {
        "method": terms.basic_method,
        "points": terms.basic_points,
        "yuan": _number(terms.basic_yuan),
    }
    return data | {"sample": _sample(program, texts.basic_of(data))}


def _rule(program: Program, rule: RuleTerms, known: Known) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for condition in rule.conditions:
        if isinstance(condition.get("in"), list):
            values.setdefault(str(condition.get("kind")), []).extend(condition["in"])
    return {
        "rule": {name: _plain(value) for name, value in asdict(rule).items()},
        "leap_day": program.terms.leap_day,
        "names": _names(values, known),
        "sample": _sample(program, rule),
    }


def _plain(value: Any) -> Any:
    return _number(value) if isinstance(value, Decimal) else value


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _names(values: Mapping[str, Iterable[Any]], known: Known) -> dict[str, dict[str, str]]:
    """The names of what is spoken of, as they are now: an edition keeps them."""
    found: dict[str, dict[str, str]] = {}
    for kind, codes in values.items():
        names = (known.values(kind) or {}) if kind in CLOSED else {}
        found[kind] = {str(code): names[code] for code in codes if code in names}
    return found


def _sample(program: Program, rule: RuleTerms) -> dict[str, Any] | None:
    sample = samples.sample_of(program, rule)
    return None if sample is None else sample.as_json()


def _validity(terms: ProgramTerms) -> Iterator[Raw]:
    yield "validity", "validity", {"validity": dict(terms.validity)}
    if terms.validity.get("kind") != "never":
        yield "validity", "midnight", {}
    yield "validity", "kept", {}
    yield "validity", "not_before_usable", {}


def _ledger() -> Iterator[Raw]:
    """What holds for all points, whatever earned them."""
    settings = ledger_settings()
    yield "spending", "worth", {"points": settings.points_per_yuan}
    yield "spending", "soonest_first", {}
    yield "spending", "no_cash", {}
    yield "validity", "by_hand", {"months": settings.adjustment_validity_months}
    yield from _endings()
    yield "returns", "taken_back", {}
    yield "returns", "from_which", {}
    yield "returns", f"debt_{settings.debt_policy}", {}
    yield "returns", "unlinked", {}
    yield from _gifts()
    yield "special", "frozen", {}
    yield "special", "once", {}
    yield "special", "broken_rule", {}


def _endings() -> Iterator[Raw]:
    """How members are told that points end, and which clearings are announced (F69)."""
    if days := clearings.settings().stages:
        yield "validity", "reminders", {"days": list(days)}
    for plan in clearings.coming():
        yield (
            "validity",
            "clearing",
            {
                "number": plan.pk,
                "name": plan.name,
                "first": plan.earned_first_day and plan.earned_first_day.isoformat(),
                "last": plan.earned_last_day and plan.earned_last_day.isoformat(),
                "day": plan.last_day.isoformat(),
            },
        )


def _gifts() -> Iterator[Raw]:
    """What members may give each other, and how much (F71–F73)."""
    settings = gift_settings()
    if not settings.is_on:
        yield "transfer", "no_transfer", {}
        return
    yield "transfer", "gifts", {"days": settings.cooling_off_days}
    yield (
        "transfer",
        "gift_limits",
        {
            "least": settings.points_min,
            "most": settings.points_max,
            "times": settings.gifts_per_month,
            "points": settings.points_per_month,
            "received": settings.received_per_month,
        },
    )
    yield "transfer", "gift_validity", {}
