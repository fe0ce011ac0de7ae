"""Returns take back exactly what the returned lines earned, however they come."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.policies import legacy, returns
from campaigns.policies.judging import judge
from campaigns.policies.occasions import Occasion
from campaigns.policies.programs import Program
from campaigns.policies.returns import SoldLine
from tests.campaigns.making import any_program, any_purchase, line, program, purchase, rule


def sold(occasion: Occasion) -> list[SoldLine]:
    return [
        SoldLine(one.line_no, Decimal(1), Decimal(one.amount) / 10_000, one.quantity, Decimal(0))
        for one in occasion.lines
    ]


def with_returned(one: SoldLine, quantity: Decimal) -> SoldLine:
    return SoldLine(one.line_no, one.unit_price, one.amount, one.quantity, quantity)


def taken(told: dict[str, Any], before: list[SoldLine], after: list[SoldLine]) -> dict[int, int]:
    """Points by part, each checked against its own stored explanation."""
    found = returns.back_from(told, sale="S1", before=before, after=after)
    for part in found:
        assert part.points > 0
        assert returns.judged_again(part.explanation) == part.points
    return {part.place: part.points for part in found}


@settings(deadline=None, max_examples=300)
@given(
    made=any_program(),
    occasion=any_purchase(),
    steps=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 100)), max_size=12),
)
def test_any_sequence_of_partial_returns_ends_where_one_full_return_ends(
    made: Program, occasion: Occasion, steps: list[tuple[int, int]]
) -> None:
    judgement = judge(made, occasion)
    lines = sold(occasion)
    sums: dict[int, int] = {}
    for place, percent in steps:
        before = list(lines)
        one = lines[place % len(lines)]
        part = ((one.quantity - one.returned) * percent / 100).quantize(
            Decimal("0.001"), rounding=ROUND_DOWN
        )
        lines[place % len(lines)] = with_returned(one, one.returned + part)
        for part_no, points in taken(judgement.explanation, before, lines).items():
            sums[part_no] = sums.get(part_no, 0) + points
    rest = taken(judgement.explanation, lines, [with_returned(one, one.quantity) for one in lines])
    for part_no, points in rest.items():
        sums[part_no] = sums.get(part_no, 0) + points

    # Lot by lot, not only in total: what a lot was given is what it gives back.
    assert sums == {place: part.points for place, part in enumerate(judgement.parts)}


def test_a_line_takes_back_its_own_points() -> None:
    made = program(
        rule("tea", "multiplier", {"kind": "category", "in": ["tea"]}, factor="3"), basic="1:1"
    )
    told = judge(made, purchase(line(1, "10"), line(2, "20", category=("tea",)))).explanation
    one, two = sold(purchase("10", "20"))

    assert taken(told, [one, two], [one, with_returned(two, Decimal(1))]) == {0: 60}
    assert taken(told, [one, two], [with_returned(one, Decimal(1)), two]) == {0: 10}


def test_pieces_round_down_and_the_last_one_takes_the_rest() -> None:
    told = judge(program(basic="1:1"), purchase(line(1, "10", quantity=Decimal(3)))).explanation
    lines = [SoldLine(1, Decimal(3), Decimal(10), Decimal(3), Decimal(n)) for n in range(4)]

    steps = [taken(told, [lines[n]], [lines[n + 1]]) for n in range(3)]

    assert steps == [{0: 3}, {0: 3}, {0: 4}]


def test_each_lot_gives_back_its_own_part() -> None:
    gift = rule("gift", "fixed", points=9, combine="extra", validity={"kind": "days", "count": 30})
    told = judge(program(gift, basic="1:1"), purchase("20", "10")).explanation
    one, two = sold(purchase("20", "10"))

    found = returns.back_from(
        told, sale="S1", before=[one, two], after=[with_returned(one, Decimal(1)), two]
    )

    assert [(part.place, part.points) for part in found] == [(0, 20), (1, 6)]
    assert [part.explanation["part"] for part in found] == [0, 1]


def test_a_sale_that_earned_nothing_gives_nothing_back() -> None:
    lines = sold(purchase("20"))
    after = [with_returned(one, one.quantity) for one in lines]

    assert returns.back_from({"type": "no_rule"}, sale="S", before=lines, after=after) == []


def test_sales_explained_the_old_way_are_taken_back_the_old_way() -> None:
    told = {
        "type": "purchase",
        "rule": 3,
        "method": "ratio",
        "points": 1,
        "block": "1",
        "floor_at": "receipt",
        "currency": "CNY",
        "base": "25",
        "result": 25,
    }
    new, half, gone = (
        SoldLine(1, Decimal(25), Decimal(25), Decimal(2), Decimal(n)) for n in range(3)
    )

    first = returns.back_from(told, sale="S1", before=[new], after=[half])
    second = returns.back_from(told, sale="S1", before=[half], after=[gone])

    assert [part.points for part in (*first, *second)] == [12, 13]
    assert first[0].explanation["type"] == "linked_return"
    assert legacy.recomputed(told) == 25
    assert legacy.recomputed(first[0].explanation) == 12
