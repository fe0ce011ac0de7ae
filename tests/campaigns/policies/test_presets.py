"""A preset's file is read strictly: whatever is wrong with it has a name."""

import contextlib
import tomllib
from decimal import Decimal
from typing import Any

import pytest

from campaigns.policies import presets
from campaigns.policies.presets import Malformed, Preset
from campaigns.policies.programs import RuleTerms

GOOD = """
id = "P99"
name = "测试"
name_en = "Test"
summary = "给测试用。"
summary_en = "For tests."
goals = ["sales"]
markets = ["mass"]
trades = ["retail"]

[program]
basic_method = "per_block"
basic_points = 10
basic_yuan = "100"
ceiling = 3
excluded = { label = ["special"] }
validity = { kind = "year_end" }

[ledger]
points_per_yuan = 50

[[rules]]
key = "more"
name = "更多"
name_en = "More"
effect = "per_item"
points = 5
combine = "extra"
conditions = [{ kind = "amount", from = 20.50 }]
limits = [{ per = "member", period = "day", times = 1 }]

[[needs]]
code = "draw"
text = "抽奖"
text_en = "A draw"
numbers = ["F93"]

[[vectors]]
title = "一"
title_en = "One"
at = 2026-03-06
buy = "250"
points = 25

[[vectors]]
title = "二"
title_en = "Two"
need = "draw"
case = { price = 5 }
"""


def parsed(text: str, slug: str = "p99_test") -> Preset:
    return presets.parsed(slug, tomllib.loads(text, parse_float=Decimal))


def wrong(text: str, slug: str = "p99_test") -> list[tuple[str, str]]:
    with pytest.raises(Malformed) as caught:
        parsed(text, slug)
    return [(problem.field, problem.code) for problem in caught.value.problems]


def test_a_file_becomes_terms_as_a_version_keeps_them() -> None:
    preset = parsed(GOOD)

    assert preset.terms.rules == [
        RuleTerms(
            key="more",
            name="更多",
            name_en="More",
            effect="per_item",
            points=5,
            combine="extra",
            bands=[],
            conditions=[{"kind": "amount", "from": "20.5"}],
            limits=[{"per": "member", "period": "day", "times": 1}],
        )
    ]
    assert preset.terms.validity == {"kind": "year_end", "count": 0}
    assert (preset.terms.basic_points, preset.terms.ceiling) == (10, Decimal(3))
    assert (preset.ledger, [need.code for need in preset.needs]) == (
        {"points_per_yuan": 50},
        ["draw"],
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('id = "P99"', 'id = "P98"', ("id", "value_invalid")),
        ('name_en = "Test"\n', "", ("name_en", "value_missing")),
        ('goals = ["sales"]', 'goals = ["fame"]', ("goals", "unknown_value")),
        ('trades = ["retail"]', "trades = []", ("trades", "value_missing")),
        ('trades = ["retail"]', 'trades = ["retail"]\ncolour = 1', ("colour", "field_unknown")),
        ("basic_points = 10", "basic_points = 1.5", ("program.basic_points", "number_invalid")),
        ("basic_points = 10", "basic_point = 10", ("program.basic_point", "field_unknown")),
        ('basic_yuan = "100"', 'basic_yuan = "0"', ("program.basic_yuan", "block_not_positive")),
        ('basic_yuan = "100"', 'basic_yuan = "x"', ("program.basic_yuan", "number_invalid")),
        ('kind = "year_end"', 'kind = "soon"', ("program.validity", "value_invalid")),
        ("per_yuan = 50", "per_yuan = 0", ("ledger.points_per_yuan", "value_invalid")),
        ("points_per_yuan = 50", "worth = 1", ("ledger.worth", "field_unknown")),
        ('key = "more"', 'key = "More!"', ("rules.0.key", "value_invalid")),
        ('key = "more"', 'key = "basic"', ("rules.basic.key", "key_twice")),
        ('effect = "per_item"', 'effect = "magic"', ("rules.more.effect", "value_invalid")),
        ('combine = "extra"', 'combin = "extra"', ("rules.0.combin", "field_unknown")),
        ('kind = "amount"', 'kind = "mood"', ("rules.more.conditions.0", "condition_unknown")),
        ("times = 1", "times = 0", ("rules.more.limits", "number_out_of_range")),
        ('numbers = ["F93"]', 'numbers = ["93"]', ("needs.0.numbers", "value_invalid")),
        ('need = "draw"', 'need = "dram"', ("vectors.1.need", "unknown_value")),
        ('need = "draw"\n', "", ("vectors.1.steps", "value_missing")),
        ("at = 2026-03-06", 'at = "soon"', ("vectors.0.at", "date_invalid")),
        ("at = 2026-03-06", "at = 2026-03-06T12:00:00Z", ("vectors.0.at", "date_invalid")),
        ("points = 25", 'points = "25"', ("vectors.0.points", "number_invalid")),
        ("points = 25", "points = 25\ngave = { les = 1 }", ("vectors.0.gave", "unknown_value")),
        ("points = 25", "points = 25\nwho = { age = 1 }", ("vectors.0.who.age", "field_unknown")),
        ("points = 25", "points = 25\nlast_day = 1", ("vectors.0.last_day", "date_invalid")),
        ("points = 25", "points = 25\nvariant = {x=1}", ("vectors.0.variant.x", "field_unknown")),
        ('buy = "250"', 'buy = "-1"', ("vectors.0.buy.0.amount", "number_invalid")),
        ('buy = "250"', "buy = [{}]", ("vectors.0.buy.0.amount", "value_missing")),
        ('buy = "250"', 'do = "purchase"', ("vectors.0.do", "value_invalid")),
        ('buy = "250"', "", ("vectors.0.buy", "value_missing")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(old: str, new: str, problem: tuple[str, str]) -> None:
    assert old in GOOD
    assert problem in wrong(GOOD.replace(old, new))


def test_a_need_without_a_case_is_refused() -> None:
    assert wrong(GOOD[: GOOD.rindex("[[vectors]]")]) == [("needs.0.vectors", "value_missing")]


def test_the_file_has_to_be_named_like_its_number() -> None:
    assert ("id", "value_invalid") in wrong(GOOD, "preset")


@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [1], {"a": 1}, True, "2026-01-01"])
def test_nothing_that_a_field_holds_breaks_the_reading(value: Any) -> None:
    data = tomllib.loads(GOOD, parse_float=Decimal)
    for place in (data, data["program"], data["rules"][0], data["needs"][0], data["vectors"][0]):
        for name, before in list(place.items()):
            place[name] = value
            with contextlib.suppress(Malformed):
                presets.parsed("p99_test", data)
            place[name] = before
