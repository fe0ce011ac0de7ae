"""How many points may be money: every limit by itself, and exact shares."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.policies import deductions
from sales.policies.deductions import BasketLine, Terms

D = Decimal


def line(no: int, amount: str, **fields: Any) -> BasketLine:
    values: dict[str, Any] = {
        "sku": f"A{no}",
        "category": (),
        "labels": frozenset(),
        "is_freight": False,
    }
    return BasketLine(line_no=no, amount=D(amount), **(values | fields))


def codes(most: deductions.Most) -> list[str]:
    return [reason.code for reason in most.reasons]


BASKET = [line(1, "60"), line(2, "40")]


@pytest.mark.parametrize(
    ("terms", "balance", "points", "yuan", "why"),
    [
        ({}, 1_000_000, 10_000, "100", ["all_paid"]),
        ({}, 1_000, 1_000, "10", ["balance"]),
        ({}, 0, 0, "0", ["balance"]),
        ({}, -5, 0, "0", ["balance"]),
        ({"is_on": False}, 9_000, 0, "0", ["deduction_off"]),
        ({"order_cap": D("12.50")}, 9_000, 1_250, "12.50", ["order_cap"]),
        # Both readings of "at most half": of the order, and of the member's points.
        ({"order_share": 50}, 9_000, 5_000, "50", ["order_share"]),
        ({"balance_share": 50}, 9_000, 4_500, "45", ["balance_share"]),
        ({"order_share": 50, "balance_share": 50}, 8_000, 4_000, "40", ["balance_share"]),
        ({"order_share": 30, "balance_share": 50}, 8_000, 3_000, "30", ["order_share"]),
        (
            {"order_share": 40, "balance_share": 50},
            8_000,
            4_000,
            "40",
            ["order_share", "balance_share"],
        ),
        ({"points_step": 100}, 1_099, 1_000, "10", ["balance", "points_step"]),
        ({"points_min": 2_000}, 1_999, 0, "0", ["balance", "points_min"]),
        ({"points_min": 2_000}, 2_000, 2_000, "20", ["balance"]),
        ({"order_min": D("100")}, 500, 500, "5", ["balance"]),
        ({"order_min": D("100.01")}, 500, 0, "0", ["order_too_small"]),
        # 30 points a yuan: 100 of them are 3.33, and not one more is taken for it.
        ({"points_per_yuan": 30}, 100, 100, "3.33", ["balance"]),
        ({"points_per_yuan": 10_000}, 150, 100, "0.01", ["balance"]),
        ({"points_per_yuan": 10_000}, 99, 0, "0", ["balance"]),
        ({"points_per_yuan": 1}, 7, 7, "7", ["balance"]),
    ],
)
def test_each_limit_binds_and_is_told(
    terms: dict[str, Any], balance: int, points: int, yuan: str, why: list[str]
) -> None:
    found = deductions.most(BASKET, Terms(**terms), balance=balance)

    assert (found.points, found.yuan, codes(found)) == (points, D(yuan), why)


@pytest.mark.parametrize(
    ("excluded", "fields"),
    [
        ({"excluded_skus": frozenset({"A1"})}, {}),
        # A category with everything below it.
        ({"excluded_categories": frozenset({"wine"})}, {"category": ("red", "wine", "drinks")}),
        ({"excluded_labels": frozenset({"special"})}, {"labels": frozenset({"special", "new"})}),
    ],
)
def test_excluded_goods_are_paid_in_money(excluded: dict[str, Any], fields: dict[str, Any]) -> None:
    basket = [line(1, "60", **fields), line(2, "40")]

    found = deductions.most(basket, Terms(**excluded), balance=99_999)

    assert (found.points, codes(found)) == (4_000, ["goods_excluded", "all_paid"])
    assert [one.line_no for one in deductions.shares(basket, Terms(**excluded), 4_000)] == [2]
    assert found.reasons[0].params == {"yuan": D(60)}


def test_half_of_the_order_is_half_of_all_of_it_excluded_goods_as_well() -> None:
    terms = Terms(order_share=50, excluded_skus=frozenset({"A1"}))

    found = deductions.most(BASKET, terms, balance=99_999)

    assert (found.yuan, codes(found)) == (D(40), ["goods_excluded", "all_paid"])


def test_freight_is_paid_by_points_only_where_the_merchant_says_so() -> None:
    basket = [line(1, "20"), line(2, "10", is_freight=True)]

    without = deductions.most(basket, Terms(order_share=50), balance=99_999)
    with_it = deductions.most(basket, Terms(order_share=50, pays_freight=True), balance=99_999)

    assert (without.yuan, codes(without)) == (D(10), ["freight_excluded", "order_share"])
    assert (with_it.yuan, codes(with_it)) == (D(15), ["order_share"])


def test_an_order_of_excluded_goods_alone_says_so() -> None:
    terms = Terms(excluded_skus=frozenset({"A1", "A2"}))

    assert codes(deductions.most(BASKET, terms, balance=500)) == [
        "goods_excluded",
        "nothing_payable",
    ]


@pytest.mark.parametrize(
    ("points", "code"),
    [
        (100, None),
        (1_000, None),
        (1_100, "points_above_most"),
        (150, "points_step"),
        (50, "points_min"),
    ],
)
def test_a_number_that_somebody_wants_is_judged(points: int, code: str | None) -> None:
    terms = Terms(points_step=100, points_min=100)
    limit = deductions.most(BASKET, terms, balance=1_000)

    fault = deductions.fault_of(points, limit, terms)

    assert (fault and fault.code) == code


def test_points_worth_less_than_a_fen_are_not_taken() -> None:
    terms = Terms(points_per_yuan=10_000)
    fault = deductions.fault_of(99, deductions.most(BASKET, terms, balance=500), terms)

    assert fault is not None
    assert fault.code == "points_worth_nothing"


money = st.integers(0, 200_000).map(lambda fen: D(fen) / 100)
lines = st.lists(st.tuples(money, st.booleans(), st.booleans()), min_size=1, max_size=12)
terms_ = st.builds(
    Terms,
    points_per_yuan=st.sampled_from([1, 3, 10, 30, 100, 101, 10_000]),
    order_cap=st.none() | st.integers(1, 50_000).map(lambda fen: D(fen) / 100),
    order_share=st.none() | st.integers(1, 100),
    balance_share=st.none() | st.integers(1, 100),
    points_min=st.integers(0, 500),
    points_step=st.sampled_from([1, 7, 100, 500]),
    order_min=st.sampled_from([D(0), D("99.99")]),
    pays_freight=st.booleans(),
    excluded_skus=st.just(frozenset({"OUT"})),
)


@given(lines, terms_, st.integers(0, 3_000_000))
def test_no_limit_is_ever_passed_and_shares_add_up(
    rows: list[tuple[Decimal, bool, bool]], terms: Terms, balance: int
) -> None:
    basket = [
        line(no, str(amount), is_freight=is_freight, sku="OUT" if is_out else "IN")
        for no, (amount, is_freight, is_out) in enumerate(rows, start=1)
    ]

    most = deductions.most(basket, terms, balance=balance)
    shares = deductions.shares(basket, terms, most.points)

    assert most.reasons, "what binds is always told"
    assert 0 <= most.points <= balance
    assert most.points % terms.points_step == 0
    assert most.points == 0 or most.points >= terms.points_min
    order = sum((one.amount for one in basket if terms.pays_freight or not one.is_freight), D(0))
    assert terms.order_cap is None or most.yuan <= terms.order_cap
    assert terms.order_share is None or most.yuan * 100 <= order * terms.order_share
    assert terms.balance_share is None or most.points * 100 <= balance * terms.balance_share
    assert not most.points or order >= terms.order_min
    assert most.yuan == deductions.worth(most.points, terms)
    assert sum((one.yuan for one in shares), D(0)) == most.yuan
    assert sum(one.points for one in shares) == most.points
    by_no = {one.line_no: one for one in basket}
    for share in shares:
        paid = by_no[share.line_no]
        assert 0 <= share.yuan <= paid.amount
        assert not (paid.is_freight and not terms.pays_freight)
        assert paid.is_freight or paid.sku != "OUT"
        assert (share.yuan == 0) <= (share.points == 0)
    if most.points:
        assert deductions.fault_of(most.points, most, terms) is None
        fewer = replace(terms, points_min=0)
        less = most.points - terms.points_step
        assert less <= 0 or deductions.worth(less, fewer) < most.yuan, "no point is thrown away"


@given(st.integers(0, 10_000), st.lists(st.integers(0, 10_000), min_size=1, max_size=30))
def test_shares_are_exact_and_fair(total: int, weights: list[int]) -> None:
    total = min(total, sum(weights))

    found = deductions.apportioned(total, weights)

    assert sum(found) == total
    whole = sum(weights)
    for share, weight in zip(found, weights, strict=True):
        assert 0 <= share <= weight
        assert abs(share * whole - total * weight) < max(whole, 1)
