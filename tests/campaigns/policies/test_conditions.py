"""Each condition: when it holds, what it needs, and what is wrong with it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from campaigns.policies import conditions, matching, programs
from campaigns.policies.conditions import Problem
from campaigns.policies.matching import Basket
from campaigns.policies.occasions import Person
from tests.campaigns.making import FRIDAY, SHANGHAI, line, program, purchase, rule


def holds(condition: dict[str, Any], leap_day: str = "feb28", **facts: Any) -> bool:
    made = program(rule("r", "fixed", condition, points=1), leap_day=leap_day)
    lines = facts.pop("lines", ["10"])
    occasion = purchase(*lines, **facts)
    found = matching.picked(made.rules_for("purchase")[0], occasion, Basket(made, occasion), {})
    return isinstance(found, list)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


VIP = Person(
    joined_on=date(2026, 3, 1),
    birthday=date(1990, 3, 6),
    tier="gold",
    segments=frozenset({"active"}),
    tags=frozenset({"vip"}),
)
GOODS = [
    line(1, "10", sku="A", category=("food", "tea"), brand="Lu", labels=["new"]),
    line(2, "20", sku="B", quantity=Decimal(3)),
]


@pytest.mark.parametrize(
    ("condition", "facts", "expected"),
    [
        ({"kind": "tier", "in": ["gold", "black"]}, {"person": VIP}, True),
        ({"kind": "tier", "in": ["black"]}, {"person": VIP}, False),
        ({"kind": "tier", "in": ["black"], "not": True}, {"person": VIP}, True),
        ({"kind": "segment", "in": ["active"]}, {"person": VIP}, True),
        ({"kind": "tag", "in": ["vip"]}, {"person": VIP}, True),
        ({"kind": "tag", "in": ["vip"]}, {}, False),
        ({"kind": "new_member", "days": 6}, {"person": VIP}, True),
        ({"kind": "new_member", "days": 5}, {"person": VIP}, False),
        ({"kind": "new_member", "days": 5}, {}, False),
        ({"kind": "store", "in": ["S1"]}, {"store": "S1"}, True),
        ({"kind": "channel", "in": ["web"]}, {"channel": "till"}, False),
        ({"kind": "business", "in": ["rooms"]}, {"business": "rooms"}, True),
        ({"kind": "category", "in": ["food"]}, {"lines": GOODS}, True),
        ({"kind": "category", "in": ["tea"]}, {"lines": GOODS}, True),
        ({"kind": "category", "in": ["toys"]}, {"lines": GOODS}, False),
        ({"kind": "sku", "in": ["B"]}, {"lines": GOODS}, True),
        ({"kind": "brand", "in": ["Lu"], "not": True}, {"lines": GOODS[:1]}, False),
        ({"kind": "label", "in": ["new"]}, {"lines": GOODS}, True),
        ({"kind": "amount", "from": "30"}, {"lines": GOODS}, True),
        ({"kind": "amount", "from": "30.01"}, {"lines": GOODS}, False),
        ({"kind": "amount", "to": "30"}, {"lines": GOODS}, False),
        ({"kind": "quantity", "from": "4", "to": "5"}, {"lines": GOODS}, True),
        ({"kind": "dates", "from": "2026-03-06", "to": "2026-03-06"}, {}, True),
        ({"kind": "dates", "from": "2026-03-07", "to": "2026-03-09"}, {}, False),
        ({"kind": "season", "from": "03-01", "to": "05-31"}, {}, True),
        ({"kind": "season", "from": "12-20", "to": "01-05"}, {"at": day("2027-01-05")}, True),
        ({"kind": "season", "from": "12-20", "to": "01-05"}, {"at": day("2027-01-06")}, False),
        ({"kind": "weekday", "in": [5]}, {}, True),
        ({"kind": "weekday", "in": [1, 2]}, {}, False),
        ({"kind": "day_of_month", "in": [6, 18]}, {}, True),
        ({"kind": "day_of_month", "in": [-1]}, {"at": day("2026-02-28")}, True),
        ({"kind": "day_of_month", "in": [-1]}, {"at": day("2028-02-28")}, False),
        ({"kind": "hours", "from": "12:00", "to": "14:00"}, {}, True),
        ({"kind": "hours", "from": "09:00", "to": "12:00"}, {}, False),
        ({"kind": "hours", "from": "22:00", "to": "02:00"}, {"at": day("2026-03-06T01:59")}, True),
        ({"kind": "hours", "from": "20:00", "to": "24:00"}, {"at": day("2026-03-06T23:59")}, True),
        ({"kind": "birthday", "span": "day"}, {"person": VIP}, True),
        ({"kind": "birthday", "span": "day"}, {}, False),
        ({"kind": "nth_purchase", "period": "month", "from": 3}, {"purchases": {"month": 2}}, True),
        (
            {"kind": "nth_purchase", "period": "month", "from": 2, "to": 2},
            {"purchases": {"month": 2}},
            False,
        ),
        (
            {"kind": "nth_purchase", "period": "ever", "from": 5, "every": 5},
            {"purchases": {"ever": 9}},
            True,
        ),
        (
            {"kind": "nth_purchase", "period": "ever", "from": 5, "every": 5},
            {"purchases": {"ever": 8}},
            False,
        ),
        (
            {"kind": "attribute", "name": "app", "in": ["wx"]},
            {"attributes": {"app": "wx"}},
            True,
        ),
    ],
)
def test_a_condition_holds_or_not(
    condition: dict[str, Any], facts: dict[str, Any], expected: bool
) -> None:
    assert holds(condition, **facts) is expected


@pytest.mark.parametrize(
    ("born", "span", "at", "leap_day", "expected"),
    [
        ("2000-02-29", "day", "2026-02-28", "feb28", True),
        ("2000-02-29", "day", "2026-03-01", "feb28", False),
        ("2000-02-29", "day", "2026-03-01", "mar1", True),
        ("2000-02-29", "day", "2028-02-29", "mar1", True),
        ("2000-02-29", "month", "2026-03-15", "mar1", True),
        ("2000-02-29", "month", "2026-02-15", "feb28", True),
        ("1990-03-08", "week", "2026-03-02", "feb28", True),
        ("1990-03-09", "week", "2026-03-08", "feb28", False),
        ("1990-01-01", "week", "2026-12-31", "feb28", True),
        ("1990-12-31", "week", "2027-01-03", "feb28", True),
    ],
)
def test_birthdays_are_kept_as_the_program_declares(
    born: str, span: str, at: str, leap_day: str, expected: bool
) -> None:
    person = Person(birthday=date.fromisoformat(born))

    found = holds({"kind": "birthday", "span": span}, leap_day, person=person, at=day(at))

    assert found is expected


@pytest.mark.parametrize(
    ("condition", "field", "code"),
    [
        ({"kind": "moon"}, "conditions.0", "condition_unknown"),
        ("weekday", "conditions.0", "condition_unknown"),
        ({"kind": "tier", "in": []}, "conditions.0.in", "value_missing"),
        ({"kind": "tier"}, "conditions.0.in", "value_missing"),
        ({"kind": "tier", "in": [7]}, "conditions.0.in", "value_invalid"),
        ({"kind": "tier", "in": ["x" * 65]}, "conditions.0.in", "value_invalid"),
        ({"kind": "tier", "in": ["a"], "on": 1}, "conditions.0.on", "field_unknown"),
        ({"kind": "tier", "in": ["a"], "not": "no"}, "conditions.0.not", "value_invalid"),
        ({"kind": "amount"}, "conditions.0.from", "value_missing"),
        ({"kind": "amount", "from": "-1"}, "conditions.0.from", "number_invalid"),
        ({"kind": "amount", "from": 0.5}, "conditions.0.from", "number_invalid"),
        ({"kind": "amount", "from": "NaN"}, "conditions.0.from", "number_invalid"),
        ({"kind": "amount", "from": "1e400"}, "conditions.0.from", "number_invalid"),
        ({"kind": "amount", "from": "1.001"}, "conditions.0.from", "too_many_decimals"),
        ({"kind": "amount", "from": "5", "to": "5"}, "conditions.0.to", "range_empty"),
        ({"kind": "dates", "from": "2026-02-30", "to": "2026-03-01"}, "conditions.0.from",
         "date_invalid"),
        ({"kind": "dates", "from": "2026-03-02", "to": "2026-03-01"}, "conditions.0.to",
         "range_empty"),
        ({"kind": "season", "from": "13-01", "to": "01-05"}, "conditions.0.from", "date_invalid"),
        ({"kind": "weekday", "in": [0]}, "conditions.0.in", "value_invalid"),
        ({"kind": "weekday", "in": [8]}, "conditions.0.in", "value_invalid"),
        ({"kind": "weekday", "in": [True]}, "conditions.0.in", "value_invalid"),
        ({"kind": "day_of_month", "in": [0]}, "conditions.0.in", "value_invalid"),
        ({"kind": "day_of_month", "in": [32]}, "conditions.0.in", "value_invalid"),
        ({"kind": "hours", "from": "25:00", "to": "02:00"}, "conditions.0.from", "time_invalid"),
        ({"kind": "hours", "from": "09:00", "to": "09:00"}, "conditions.0.to", "range_empty"),
        ({"kind": "birthday", "span": "year"}, "conditions.0.span", "value_invalid"),
        ({"kind": "nth_purchase", "period": "moon", "from": 1}, "conditions.0.period",
         "value_invalid"),
        ({"kind": "nth_purchase", "period": "month", "from": 0}, "conditions.0.from",
         "number_out_of_range"),
        ({"kind": "nth_purchase", "period": "month", "from": 3, "to": 2}, "conditions.0.to",
         "range_empty"),
        ({"kind": "new_member", "days": 0}, "conditions.0.days", "number_out_of_range"),
        ({"kind": "attribute", "in": ["a"]}, "conditions.0.name", "value_missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_named(condition: Any, field: str, code: str) -> None:
    found = list(conditions.problems([condition]))

    assert (field, code) in [(problem.field, problem.code) for problem in found]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"effect": "gift"}, "effect", "value_invalid"),
        ({"effect": "fixed"}, "points", "points_out_of_range"),
        ({"effect": "fixed", "points": -1}, "points", "points_out_of_range"),
        ({"effect": "per_block", "points": 1, "yuan": "0"}, "yuan", "block_not_positive"),
        ({"effect": "multiplier", "factor": "-2"}, "factor", "factor_out_of_range"),
        ({"effect": "multiplier", "factor": "101"}, "factor", "factor_out_of_range"),
        ({"effect": "multiplier", "factor": "1.005"}, "factor", "too_many_decimals"),
        ({"effect": "bands"}, "bands", "value_missing"),
        (
            {"effect": "bands", "bands": [{"from": "9", "points": 1}, {"from": "9", "points": 2}]},
            "bands",
            "bands_overlap",
        ),
        ({"effect": "bands", "bands": [{"from": 0.5, "points": 1}]}, "bands", "number_invalid"),
        (
            {"effect": "band_multiplier", "bands": [{"from": "9", "factor": "-1"}]},
            "bands",
            "factor_out_of_range",
        ),
        ({"effect": "fixed", "points": 1, "trigger": "sneeze"}, "trigger", "value_invalid"),
        ({"effect": "fixed", "points": 1, "trigger": "custom"}, "code", "value_missing"),
        ({"effect": "fixed", "points": 1, "combine": "maybe"}, "combine", "value_invalid"),
        (
            {"effect": "fixed", "points": 1, "limits": [{"per": "member", "period": "day"}]},
            "limits",
            "value_invalid",
        ),
        (
            {"effect": "fixed", "points": 1, "limits": [{"per": "order", "times": 1}]},
            "limits",
            "value_invalid",
        ),
        (
            {"effect": "fixed", "points": 1, "limits": [{"per": "all", "yuan": "0"}]},
            "limits",
            "number_out_of_range",
        ),
        (
            {"effect": "fixed", "points": 1, "limits": [{"per": "all", "points": 5}] * 2},
            "limits",
            "limit_twice",
        ),
        (
            {"effect": "fixed", "points": 1, "validity": {"kind": "days", "count": 0}},
            "validity_count",
            "number_out_of_range",
        ),
        (
            {"effect": "fixed", "points": 1, "validity": {"kind": "date"}},
            "validity_date",
            "date_invalid",
        ),
        (
            {"effect": "fixed", "points": 1, "timing": {"kind": "days", "days": 366}},
            "timing_days",
            "number_out_of_range",
        ),
        (
            {"effect": "multiplier", "factor": "0.5", "validity": {"kind": "never"}},
            "validity",
            "reduction_has_no_points",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_named(values: dict[str, Any], field: str, code: str) -> None:
    values = dict(values)
    found = list(programs.rule_problems(rule("r", values.pop("effect"), **values)))

    assert (field, code) in [(problem.field, problem.code) for problem in found]


def test_a_sound_rule_has_no_problem() -> None:
    assert list(programs.rule_problems(rule("r", "fixed", points=1))) == []
    assert Problem("a", "b") == Problem("a", "b", ())
    assert FRIDAY.isoweekday() == 5
