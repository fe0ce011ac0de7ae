"""A preset's file, already parsed into a mapping, as a `Preset`; or everything wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from campaigns.policies import programs
from campaigns.policies.conditions import Problem
from campaigns.policies.presets import cases, malls
from campaigns.policies.presets.content import Creation, Need, Preset, Vector
from campaigns.policies.presets.fields import Fields, json_value
from campaigns.policies.presets.malls import Mall
from campaigns.policies.presets.settings import settings_of
from campaigns.policies.programs import ProgramTerms, RuleTerms

GOALS = ("loyalty", "sales")
MARKETS = ("luxury", "mass")
# For set-up by trade (F130, F131).
TRADES = (
    "coffee",
    "fast_food",
    "restaurant",
    "hotel",
    "retail",
    "chain",
    "e_commerce",
    "small_shop",
    "luxury_goods",
)
CREATED = ("store", "category", "tag", "tier", "segment")
WORDS = ("unit_name", "unit_name_en", "preface", "preface_en", "announcement", "announcement_en")
# With its number before it, it becomes the name of a draft.
_NAME_LENGTH = 50
_FILE = re.compile(r"p\d{2}_[a-z0-9_]{1,40}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"[FN]\d{1,3}")
# A preset is not in force at any time; whoever loads it says from when on.
_NO_START = datetime(2000, 1, 1, tzinfo=UTC)


class Malformed(ValueError):
    """A file that is no preset: `problems` names every field that is wrong, and how."""

    def __init__(self, slug: str, problems: list[Problem]) -> None:
        super().__init__(f"{slug}: " + ", ".join(f"{p.field}: {p.code}" for p in problems))
        self.slug = slug
        self.problems = problems


def parsed(slug: str, data: Mapping[str, Any]) -> Preset:
    """The preset that `data`, read from the file `slug`.toml, says. Raises `Malformed`."""
    problems: list[Problem] = []
    top = Fields(data, "", problems)
    number = slug[:3].upper()
    if not _FILE.fullmatch(slug) or top.text("id", 3) != number:
        problems.append(Problem("id", "value_invalid"))
    terms, words = _program(top, problems)
    ledger = Fields(top.table("ledger"), "ledger", problems)
    preset = Preset(
        id=number,
        slug=slug,
        name=top.text("name", _NAME_LENGTH),
        name_en=top.text("name_en", _NAME_LENGTH),
        summary=top.text("summary", 300),
        summary_en=top.text("summary_en", 600),
        goals=top.choices("goals", GOALS),
        markets=top.choices("markets", MARKETS),
        trades=top.choices("trades", TRADES),
        terms=terms,
        words=words,
        ledger=_ledger(ledger),
        mall=_mall(top, problems),
        creates=_each(top, "creates", problems, _creation),
        needs=_each(top, "needs", problems, _need),
        vectors=_each(top, "vectors", problems, cases.vector_of),
    )
    top.done()
    problems += _of_terms(terms)
    problems += [*_of_vectors(preset), *_of_mall(preset)]
    if problems:
        raise Malformed(slug, problems)
    return preset


def _program(top: Fields, problems: list[Problem]) -> tuple[ProgramTerms, dict[str, str]]:
    fields = Fields(top.table("program", is_required=True), "program", problems)
    words = {name: fields.text(name, 2000) for name in WORDS if fields.has(name)}
    terms = ProgramTerms(number=0, starts_at=_NO_START, **settings_of(fields))
    fields.done()
    rules = _each(top, "rules", problems, _rule)
    return replace(terms, rules=list(rules)), words


def _rule(fields: Fields) -> RuleTerms:
    key = fields.text("key", 40)
    if not _KEY.fullmatch(key):
        fields.wrong("key", "value_invalid")
    values: dict[str, Any] = {"key": key, "effect": fields.text("effect")}
    values |= {"name": fields.text("name", 60), "name_en": fields.text("name_en", 60)}
    for name in ("trigger", "code", "combine"):
        values |= fields.given(name, fields.text)
    values |= fields.given("points", fields.whole)
    values |= fields.given("is_multiplied", fields.flag)
    for name in ("yuan", "factor"):
        values |= fields.given(name, fields.decimal)
    for name in ("bands", "conditions", "limits"):
        values[name] = json_value(list(fields.rows(name)))
    for name in ("validity", "timing"):
        values[name] = json_value(fields.table(name))
    return RuleTerms(**values)


def _ledger(fields: Fields) -> dict[str, int]:
    found: dict[str, int] = fields.given("points_per_yuan", fields.whole)
    if found.get("points_per_yuan", 1) < 1:
        fields.wrong("points_per_yuan", "value_invalid")
    fields.done()
    return found


def _mall(top: Fields, problems: list[Problem]) -> Mall:
    return Mall(
        tiers=top.texts("tiers"),
        rewards=_each(top, "rewards", problems, malls.reward_of),
        coupons=_each(top, "coupons", problems, malls.coupon_of),
        deduction=malls.deduction_of(Fields(top.table("deduction"), "deduction", problems)),
    )


def _creation(fields: Fields) -> Creation:
    kind, code = fields.text("kind"), fields.text("code", 64)
    if kind not in CREATED:
        fields.wrong("kind", "value_invalid")
    return Creation(kind, code, fields.text("name", 100), fields.text("name_en", 100))


def _need(fields: Fields) -> Need:
    numbers = fields.texts("numbers")
    if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
        fields.wrong("numbers", "value_invalid")
    return Need(
        fields.text("code", 40), fields.text("text", 300), fields.text("text_en", 400), numbers
    )


def _each(
    top: Fields, name: str, problems: list[Problem], make: Callable[[Fields], Any]
) -> tuple[Any, ...]:
    made = []
    for place, row in enumerate(top.rows(name)):
        fields = Fields(row, f"{name}.{place}", problems)
        made.append(make(fields))
        fields.done()
    return tuple(made)


def _of_terms(terms: ProgramTerms) -> list[Problem]:
    """What publishing would refuse, under the names of the file's tables."""
    return [
        p if p.field.startswith("rules") else Problem(f"program.{p.field}", p.code, p.params)
        for p in programs.problems(terms)
    ]


def _of_vectors(preset: Preset) -> list[Problem]:
    """Cases have to speak of needs and rules that are there, and no need may lack its case."""
    found = []
    codes = [need.code for need in preset.needs]
    keys = {rule.key for rule in preset.terms.rules} | {programs.BASIC}
    for place, vector in enumerate(preset.vectors):
        where = f"vectors.{place}"
        if vector.need and vector.need not in codes:
            found.append(Problem(f"{where}.need", "unknown_value", (("value", vector.need),)))
        if not vector.steps and not vector.mall and not (vector.need and vector.case):
            found.append(Problem(f"{where}.steps", "value_missing"))
        found += [
            Problem(f"{where}.gave", "unknown_value", (("value", key),))
            for key in sorted(_told(vector) - keys)
        ]
    asked = {vector.need for vector in preset.vectors}
    for place, code in enumerate(codes):
        if codes.index(code) != place:
            found.append(Problem(f"needs.{place}.code", "key_twice"))
        if code not in asked:
            found.append(Problem(f"needs.{place}.vectors", "value_missing"))
    return found


def _told(vector: Vector) -> set[str]:
    return {key for step in vector.steps for key in step.gave or {}}


def _of_mall(preset: Preset) -> list[Problem]:
    """Rewards give coupons that are there, and cases speak of what the file proposes."""
    coupons = {plan.code for plan in preset.mall.coupons}
    known = {"redeem": {plan.code for plan in preset.mall.rewards}, "use": coupons}
    known["claim"] = {plan.public_code for plan in preset.mall.coupons}
    found = [
        Problem(f"rewards.{place}.coupon", "unknown_value", (("value", plan.coupon),))
        for place, plan in enumerate(preset.mall.rewards)
        if (plan.kind == "coupon") != bool(plan.coupon)
        or (plan.coupon or None) not in {None, *coupons}
    ]
    tiers = {"", *preset.mall.tiers}
    found += [
        Problem(f"rewards.{place}.tier", "unknown_value", (("value", plan.tier),))
        for place, plan in enumerate(preset.mall.rewards)
        if plan.tier not in tiers
    ]
    return found + [
        Problem(f"vectors.{place}.mall.{nth}", "unknown_value", (("value", step.of),))
        for place, vector in enumerate(preset.vectors)
        for nth, step in enumerate(vector.mall)
        if step.tier not in tiers or (step.act in known and step.of not in known[step.act])
    ]
