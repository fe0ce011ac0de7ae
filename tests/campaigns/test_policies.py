"""The arithmetic of earning, validity and returns."""

from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns import policies

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2010, 1, 1, tzinfo=UTC)


def rule(**changes: Any) -> policies.RuleVersionData:
    terms: dict[str, Any] = {
        "id": 1,
        "number": 7,
        "starts_at": START,
        "method": "ratio",
        "points": 1,
        "block_yuan": Decimal(1),
        "floor_at": "receipt",
        "validity": "months",
        "validity_count": 12,
        "pending_days": 0,
    }
    return policies.RuleVersionData(**(terms | changes))


def basket(*amounts: str) -> policies.Basket:
    return policies.Basket(
        lines=[
            policies.BasketLine(line_no=n, unit_price=Decimal(amount), amount=Decimal(amount))
            for n, amount in enumerate(amounts, start=1)
        ]
    )


@pytest.mark.parametrize(
    ("terms", "amounts", "points"),
    [
        ({}, ["88.80"], 88),
        ({}, ["0.99"], 0),
        ({}, ["0.50", "0.50"], 1),
        ({"floor_at": "line"}, ["0.50", "0.50"], 0),
        ({"method": "block", "points": 10, "block_yuan": Decimal(100)}, ["199"], 10),
        ({"method": "block", "points": 10, "block_yuan": Decimal(100)}, ["250"], 20),
        ({"method": "block", "points": 10, "block_yuan": Decimal(100)}, ["99.9999"], 0),
        ({"method": "ratio", "points": 10, "block_yuan": Decimal(100)}, ["199"], 19),
        ({"method": "block", "points": 1, "block_yuan": Decimal(50)}, ["149"], 2),
        ({"method": "block", "points": 1, "block_yuan": Decimal(100)}, ["200"], 2),
        ({"points": 1, "block_yuan": Decimal(10)}, ["88.80"], 8),
        ({}, [], 0),
    ],
)
def test_judge_gives_the_points_of_the_rule(
    terms: dict[str, Any], amounts: list[str], points: int
) -> None:
    judgement = policies.judge(rule(**terms), basket(*amounts))

    assert judgement.points == points
    assert judgement.explanation["result"] == points
    assert policies.recomputed(judgement.explanation) == points


def test_judge_leaves_out_lines_without_a_price() -> None:
    lines = [
        policies.BasketLine(line_no=1, unit_price=Decimal(0), amount=Decimal(0)),
        policies.BasketLine(line_no=2, unit_price=Decimal("2.5"), amount=Decimal("25.00")),
    ]

    judgement = policies.judge(rule(floor_at="line"), policies.Basket(lines=lines))

    assert judgement.base == Decimal(25)
    assert judgement.explanation["lines"] == [[2, "25", 25]]


def test_judge_is_exact_where_binary_floats_are_one_point_off() -> None:
    # 0.1 added ten times is 0.9999999999999999 in binary floating point.
    assert policies.judge(rule(), basket(*["0.1"] * 10)).points == 1


@settings(deadline=None)
@given(
    amounts=st.lists(st.decimals("0.0001", "99999", places=4), max_size=20),
    points=st.integers(1, 1000),
    block=st.decimals("0.01", "500", places=2),
)
def test_judge_agrees_with_decimal_division(
    amounts: list[Decimal], points: int, block: Decimal
) -> None:
    terms = rule(points=points, block_yuan=block, method="block")

    given_points = policies.judge(terms, basket(*map(str, amounts))).points

    whole = (sum(amounts, Decimal(0)) / block).to_integral_value(rounding=ROUND_DOWN)
    assert given_points == int(whole) * points


@pytest.mark.parametrize(
    ("terms", "earned", "dead"),
    [
        ({}, "2010-12-09T15:00", "2011-12-09"),
        ({}, "2010-12-09T00:00", "2011-12-09"),
        ({}, "2012-02-29T12:00", "2013-03-01"),
        ({"validity_count": 48}, "2012-02-29T12:00", "2016-02-29"),
        ({"validity_count": 1}, "2011-01-31T12:00", "2011-03-01"),
        ({"validity_count": 1}, "2011-12-31T12:00", "2012-01-31"),
        ({"validity_count": 13}, "2011-11-30T12:00", "2012-12-30"),
        ({"validity": "days", "validity_count": 30}, "2011-12-15T23:59", "2012-01-14"),
    ],
)
def test_points_die_at_the_start_of_the_day(terms: dict[str, Any], earned: str, dead: str) -> None:
    at = datetime.fromisoformat(earned).replace(tzinfo=SHANGHAI)

    ends = policies.expires_at(rule(**terms), at, SHANGHAI)

    assert ends == datetime.fromisoformat(dead).replace(tzinfo=SHANGHAI)


def test_the_day_of_earning_is_the_stores_day() -> None:
    late_evening_in_utc = datetime(2010, 12, 8, 16, 30, tzinfo=UTC)

    ends = policies.expires_at(rule(), late_evening_in_utc, SHANGHAI)

    assert ends == datetime(2011, 12, 9, tzinfo=SHANGHAI)


def test_points_that_never_expire_have_no_end() -> None:
    assert policies.expires_at(rule(validity="never"), START, SHANGHAI) is None


def test_pending_days_delay_the_use() -> None:
    assert policies.usable_at(rule(pending_days=7), START) == datetime(2010, 1, 8, tzinfo=UTC)


def test_the_version_in_force_is_the_last_one_started() -> None:
    first = rule(id=1, number=1, starts_at=datetime(2011, 1, 1, tzinfo=UTC))
    second = rule(id=2, number=2, starts_at=datetime(2011, 6, 1, tzinfo=UTC))
    table = policies.Timetable([second, first])

    assert table.at(datetime(2010, 12, 31, tzinfo=UTC)) is None
    assert table.at(datetime(2011, 1, 1, tzinfo=UTC)) == first
    assert table.at(datetime(2011, 5, 31, 23, 59, tzinfo=UTC)) == first
    assert table.at(datetime(2011, 6, 1, tzinfo=UTC)) == second


@st.composite
def sales(draw: st.DrawFn) -> tuple[policies.RuleVersionData, list[policies.SoldLine]]:
    terms = rule(
        method=draw(st.sampled_from(["ratio", "block"])),
        points=draw(st.integers(1, 20)),
        block_yuan=draw(st.sampled_from([Decimal(1), Decimal(10), Decimal(100), Decimal("0.3")])),
        floor_at=draw(st.sampled_from(["receipt", "line"])),
    )
    count = draw(st.integers(1, 6))
    lines = []
    for line_no in range(1, count + 1):
        price = draw(st.decimals("0", "200", places=3))
        quantity = draw(st.decimals("0.001", "50", places=3))
        amount = (price * quantity).quantize(Decimal("0.0001"))
        lines.append(policies.SoldLine(line_no, price, amount, quantity, Decimal(0)))
    return terms, lines


@settings(deadline=None)
@given(sale=sales(), shares=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100))))
def test_any_sequence_of_partial_returns_ends_where_one_full_return_ends(
    sale: tuple[policies.RuleVersionData, list[policies.SoldLine]],
    shares: list[tuple[int, int]],
) -> None:
    terms, lines = sale
    bought = [policies.BasketLine(line.line_no, line.unit_price, line.amount) for line in lines]
    judgement = policies.judge(terms, policies.Basket(lines=bought))
    taken = 0
    steps = []
    for place, percent in shares:
        line = lines[place % len(lines)]
        left = line.quantity - line.returned
        part = (left * percent / 100).quantize(Decimal("0.001"), rounding=ROUND_DOWN)
        lines[place % len(lines)] = _returned(line, line.returned + part)
        total = policies.taken_back(judgement.explanation, lines)
        steps.append(total - taken)
        taken = total
    everything = [_returned(line, line.quantity) for line in lines]
    steps.append(policies.taken_back(judgement.explanation, everything) - taken)

    assert all(step >= 0 for step in steps)
    assert sum(steps) == judgement.points


def _returned(line: policies.SoldLine, quantity: Decimal) -> policies.SoldLine:
    return policies.SoldLine(line.line_no, line.unit_price, line.amount, line.quantity, quantity)


def test_half_a_return_takes_half_of_the_points_rounded_down() -> None:
    judgement = policies.judge(rule(), basket("25.00"))
    half = policies.SoldLine(1, Decimal(25), Decimal(25), Decimal(2), Decimal(1))

    assert policies.taken_back(judgement.explanation, [half]) == 12


def test_a_sale_that_no_rule_judged_gives_nothing_back() -> None:
    judgement = policies.unearned(basket("25.00"), "no_rule")
    line = policies.SoldLine(1, Decimal(25), Decimal(25), Decimal(1), Decimal(1))

    assert judgement.points == 0
    assert policies.taken_back(judgement.explanation, [line]) == 0
