"""Hints about programs: what can never count, gives nothing, or gives too much."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from campaigns.policies.programs import ProgramTerms, RuleTerms
from campaigns.selectors import warnings
from campaigns.selectors.warnings import Hint
from campaigns.selectors.warnings.kinds import _TEXTS
from stores.models import Category

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NO_CARDS = {"label": ["gift_card"]}


def rule(key: str, **values: Any) -> RuleTerms:
    given: dict[str, Any] = {"key": key, "name": key, "effect": "per_yuan", "points": 1}
    return RuleTerms(**(given | values))


def times(key: str, factor: Any, *conditions: Any, **values: Any) -> RuleTerms:
    values = {"effect": "multiplier", "points": 0, "factor": Decimal(factor)} | values
    return rule(key, conditions=list(conditions), **values)


def hints(*rules: RuleTerms, worth: int = 100, **values: Any) -> list[Hint]:
    given: dict[str, Any] = {"basic_points": 1, "excluded": NO_CARDS, "rules": rules}
    terms = ProgramTerms(number=0, starts_at=NOW, **(given | values))
    return warnings.of_program(terms, now=NOW, points_per_yuan=worth)


def codes(*rules: RuleTerms, **values: Any) -> list[str]:
    return [hint.code for hint in hints(*rules, **values)]


def on(kind: str, *values: Any, turned: bool = False) -> dict[str, Any]:
    return {"kind": kind, "in": list(values)} | ({"not": True} if turned else {})


def amount(**bounds: str) -> dict[str, Any]:
    return {"kind": "amount"} | {name.rstrip("_"): value for name, value in bounds.items()}


def test_an_ordinary_program_has_no_hints() -> None:
    assert codes() == []
    assert (
        codes(times("thursday", 2, on("weekday", 4)), rule("tea", conditions=[on("sku", "1")]))
        == []
    )


def test_a_rule_behind_a_wider_one_never_counts() -> None:
    roof = Category.objects.create(code="A", name="A")
    Category.objects.create(code="A1", name="A1", parent=roof)
    wide, narrow = rule("wide", conditions=[on("category", "A")]), on("category", "A1")

    (hint,) = hints(wide, rule("narrow", conditions=[narrow, on("weekday", 1)]))
    assert (hint.code, hint.rules) == ("covered", ("wide", "narrow"))
    assert codes(rule("narrow", conditions=[narrow]), wide) == []
    assert codes(wide, rule("other", conditions=[on("category", "A1", turned=True)])) == []
    once = rule(
        "once",
        conditions=[on("category", "A")],
        limits=[{"per": "member", "period": "day", "times": 1}],
    )
    assert codes(once, rule("narrow", conditions=[narrow])) == []
    assert codes(rule("all")) == ["basic_covered"]


def test_amounts_and_negations_are_compared_too() -> None:
    wide = rule("wide", conditions=[amount(from_="100")])
    assert codes(wide, rule("in", conditions=[amount(from_="200", to="300")])) == ["covered"]
    assert codes(wide, rule("out", conditions=[amount(to="300")])) == []
    of_goods = rule("goods", conditions=[amount(from_="200"), on("sku", "1")])
    assert codes(wide, of_goods) == []  # measured over other lines
    no_x, no_xy = on("store", "x", turned=True), on("store", "x", "y", turned=True)
    assert codes(rule("wide", conditions=[no_x]), rule("in", conditions=[no_xy])) == ["covered"]
    assert codes(rule("wide", conditions=[no_xy]), rule("in", conditions=[no_x])) == []


@pytest.mark.parametrize(
    ("stacking", "ceiling", "together"),
    [("multiply", None, "6"), ("add", None, "4"), ("highest", None, "3"),
     ("multiply", Decimal(5), "5")],
)  # fmt: skip
def test_multipliers_that_meet_are_told_with_their_product(
    stacking: str, ceiling: Decimal | None, together: str
) -> None:
    two, three = times("a", 2, on("weekday", 4)), times("b", 3, on("tag", "x"))
    (hint,) = hints(two, three, stacking=stacking, ceiling=ceiling)
    assert (hint.code, dict(hint.facts)["together"]) == ("multipliers_meet", together)


def test_of_many_pairs_the_first_ten_are_told_and_that_there_are_more() -> None:
    found = codes(*(times(f"m{n}", "1.1", on("tag", f"t{n}")) for n in range(6)))
    assert [found.count(code) for code in ("multipliers_meet", "more_meet")] == [10, 1]


def test_multipliers_that_exclude_each_other_are_not_told() -> None:
    thursday = times("a", 2, on("weekday", 4))
    assert codes(thursday, times("b", 3, on("weekday", 5))) == []
    assert (
        codes(times("a", 2, on("store", "x")), times("b", 2, on("store", "x", turned=True))) == []
    )
    summer = {"kind": "season", "from": "06-01", "to": "08-31"}
    winter = {"kind": "dates", "from": "2026-12-01", "to": "2027-02-01"}
    assert codes(times("a", 2, summer), times("b", 2, winter)) == []
    assert codes(times("a", 2, on("sku", "1")), times("b", 2, on("sku", "2"))) == []


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (rule("x", effect="per_block", yuan=Decimal(100), conditions=[amount(to="80")]),
         "always_zero"),
        (rule("x", effect="per_yuan", yuan=Decimal(100), conditions=[amount(to="100")]),
         "always_zero"),
        (rule("x", effect="bands", points=0, bands=[{"from": "100", "points": 5}],
              conditions=[amount(to="80")]), "all_bands_zero"),
        (rule("x", conditions=[{"kind": "dates", "from": "2025-01-01", "to": "2025-02-01"}]),
         "no_day"),
        (rule("x", conditions=[{"kind": "dates", "from": "2026-05-01", "to": "2026-05-02"},
                               on("weekday", 1)]), "no_day"),
        (rule("x", conditions=[on("label", "gift_card")]), "only_excluded"),
        (times("x", 1, on("weekday", 4)), "factor_of_one"),
        (times("x", 0, on("weekday", 4)), "factor_of_zero"),
        (times("x", 2, on("tag", "y"), trigger="review"), "multiplies_nothing"),
        (times("x", 2), "doubled_for_ever"),
    ],
)  # fmt: skip
def test_rules_that_can_give_nothing_or_never_end_are_told(one: RuleTerms, code: str) -> None:
    (hint,) = hints(one)
    assert (hint.code, hint.rules) == (code, ("x",))


def test_a_block_that_can_be_reached_is_no_hint() -> None:
    near = rule("x", effect="per_block", yuan=Decimal(100), conditions=[amount(to="100.01")])
    assert codes(near) == []
    day = {"kind": "dates", "from": "2030-02-01", "to": "2030-02-28"}
    assert codes(rule("x", conditions=[day, on("weekday", 4)])) == []


def test_rounding_by_line_is_told_where_ordinary_lines_get_nothing() -> None:
    one = rule("x", yuan=Decimal(100), conditions=[on("sku", "1")])
    assert codes(one) == []
    assert codes(one, floor_at="line") == ["zero_per_line"]


def test_what_costs_more_than_a_fifth_is_told_and_more_than_all_strongly() -> None:
    assert codes(rule("x", points=20, conditions=[on("sku", "1")])) == []
    (dear,) = hints(rule("x", points=21, conditions=[on("sku", "1")]))
    assert (dear.code, dear.is_strong, dict(dear.facts)["percent"]) == ("dear", False, "21")
    (loss,) = hints(rule("x", points=101, conditions=[on("sku", "1")]))
    assert (loss.code, loss.is_strong) == ("dear", True)
    assert [hint.is_strong for hint in hints(worth=1, basic_points=2)] == [True]


def test_fixed_points_are_measured_against_the_least_purchase() -> None:
    def fixed(**values: Any) -> RuleTerms:
        return rule("x", effect="fixed", combine="extra", **({"points": 1000} | values))

    assert codes(fixed()) == ["dear_for_any"]
    assert codes(fixed(conditions=[amount(from_="100")])) == []
    assert codes(fixed(conditions=[amount(from_="20")])) == ["dear"]
    assert codes(fixed(limits=[{"per": "member", "period": "ever", "times": 1}])) == []
    assert codes(fixed(trigger="registration")) == []


def test_rates_and_multipliers_are_looked_at_together() -> None:
    (meet, together) = sorted(
        hints(times("a", 5, on("tag", "x")), times("b", 5, on("weekday", 4))),
        key=lambda hint: hint.code != "multipliers_meet",
    )
    assert (meet.code, together.code) == ("multipliers_meet", "dear_together")
    assert dict(together.facts)["points"] == "25"
    assert set(together.rules) == {"a", "b"}
    assert "dear_together" not in codes(
        times("a", 5, on("tag", "x")), times("b", 5, on("weekday", 4)), ceiling=Decimal(10)
    )


@pytest.mark.parametrize("limit", [{"points": 4}, {"yuan": "0.04"}])
def test_a_budget_smaller_than_one_grant_is_told(limit: dict[str, Any]) -> None:
    one = rule(
        "x",
        effect="fixed",
        points=5,
        trigger="review",
        limits=[{"per": "all", "period": "ever", **limit}],
    )
    assert codes(one) == ["budget_below_grant"]


def test_loops_of_points_are_told() -> None:
    assert codes(excluded={}) == ["gift_card_loop"]
    assert codes(points_part_earns=True) == ["points_loop"]
    no_cards = rule("x", conditions=[on("label", "gift_card", turned=True)])
    assert codes(no_cards, excluded={}, basic_points=0) == []


def test_rules_that_are_refused_anyway_are_left_out() -> None:
    assert codes(rule("x", conditions=[{"kind": "moon"}]), rule("y", points=0)) == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_hint_is_said_in_both_languages_with_what_was_looked_at(language: str) -> None:
    facts: dict[str, Any] = dict.fromkeys(
        ("first", "second", "together", "start", "amount", "points", "worth", "percent",
         "limit", "factor", "count"), "7",
    )  # fmt: skip
    with translation.override(language):
        for code in _TEXTS:
            text = warnings.sentence(Hint(code, (), tuple((facts | {"names": ["A", "B"]}).items())))
            assert "%(" not in text
            assert text.endswith("）" if language == "zh-hans" else ")")


def test_looking_asks_no_more_for_more_rules(django_assert_num_queries: Any) -> None:
    many = [rule(f"r{n}", conditions=[on("category", "A"), on("weekday", n)]) for n in range(1, 7)]
    with django_assert_num_queries(1):
        hints(*many)
    with django_assert_num_queries(0):
        hints(times("x", 2, on("weekday", 4)))
