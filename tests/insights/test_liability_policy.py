"""The arithmetic of the points liability, against the worked examples and by its properties."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.policies import liability
from insights.policies.liability import CENT, YUAN, Curve, Moved, Prior

D = Decimal
F = Fraction
ONE = Fraction(1)


def cents(value: Fraction) -> Decimal:
    return liability.rounded(value, CENT)


@pytest.mark.parametrize(
    ("price", "goods", "points", "worth", "expected", "allocated"),
    [
        # The handbook's sale: 9,700 of 109,700 of 100,000.
        ("100000", None, 10_000, ONE, F(97, 100), "8842.30"),
        ("100000", None, 10_000, ONE, ONE, "9090.91"),
        ("100000", None, 10_000, F(1, 100), F(97, 100), "96.91"),
        ("100000", None, 0, ONE, F(97, 100), "0.00"),
        ("100000", None, 10_000, ONE, F(0), "0.00"),
        ("0", None, 10_000, ONE, ONE, "0.00"),
        # Sold below what the goods cost by themselves: both parts bear the discount.
        ("90000", "100000", 10_000, ONE, F(97, 100), "7958.07"),
        ("0.01", None, 1, ONE, ONE, "0.01"),
        ("1", None, 1, ONE, ONE, "0.50"),
    ],
)
def test_a_sale_is_shared_by_what_its_parts_would_fetch(
    price: str, goods: str | None, points: int, worth: Fraction, expected: Fraction, allocated: str
) -> None:
    found = liability.allocate(
        price=D(price),
        goods=None if goods is None else D(goods),
        points=points,
        worth=worth,
        expected=expected,
    )
    assert cents(found) == D(allocated)


def test_the_worked_years_to_the_cent_and_as_the_handbook_rounds_them() -> None:
    allocated = F(9000)  # the handbook rounds the allocation to thousands
    second = liability.recognised(allocated=allocated, used=4500, expected=9700, before=F(0))
    assert (cents(second), liability.rounded(second, YUAN)) == (D("4175.26"), D(4175))
    third = liability.recognised(allocated=allocated, used=8500, expected=9900, before=second)
    assert (cents(third), liability.rounded(third, YUAN)) == (D("3552.01"), D(3552))
    other = liability.recognised(allocated=allocated, used=8500, expected=9200, before=second)
    assert (cents(other), liability.rounded(other, YUAN)) == (D("4139.96"), D(4140))


def test_the_exact_allocation_followed_to_its_end() -> None:
    allocated = liability.allocate(price=D(100_000), points=10_000, worth=ONE, expected=F(97, 100))
    told, before = [], F(0)
    for used, expected in [(4500, 9700), (8500, 9900), (9900, 9900)]:
        part = liability.recognised(
            allocated=allocated, used=used, expected=expected, before=before
        )
        told.append(cents(part))
        before += part
    assert told == [D("4102.10"), D("3489.77"), D("1250.43")]
    assert sum(told) == cents(allocated)


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (F(1, 200), CENT, "0.01"),
        (F(-1, 200), CENT, "-0.01"),
        (F(1, 201), CENT, "0.00"),
        (F(5, 2), YUAN, "3"),
        (F(-5, 2), YUAN, "-3"),
        (F(7, 3), YUAN, "2"),
        (F(10**15), CENT, "1000000000000000.00"),
        (F(10**22 + 1, 3), CENT, "3333333333333333333333.67"),
    ],
)
def test_halves_go_away_from_zero(value: Fraction, unit: Decimal, told: str) -> None:
    assert str(liability.rounded(value, unit)) == told


shares = st.fractions(min_value=0, max_value=1, max_denominator=1000)
money = st.decimals(min_value=0, max_value=10**9, places=2)


@given(
    price=money,
    points=st.integers(0, 10**12),
    worth=st.fractions(min_value=0, max_value=10, max_denominator=10_000),
    expected=shares,
)
def test_an_allocation_is_between_nothing_and_the_price(
    price: Decimal, points: int, worth: Fraction, expected: Fraction
) -> None:
    found = liability.allocate(price=price, points=points, worth=worth, expected=expected)
    assert 0 <= found <= Fraction(price)


@given(
    allocated=st.fractions(min_value=0, max_value=10**9, max_denominator=100),
    steps=st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 20_000)), min_size=1),
)
def test_however_estimates_change_all_of_it_is_recognised_in_the_end(
    allocated: Fraction, steps: list[tuple[int, int]]
) -> None:
    used, before = 0, Fraction(0)
    for more, expected in steps:
        used += more
        before += liability.recognised(
            allocated=allocated, used=used, expected=max(expected, used), before=before
        )
        assert 0 <= before <= allocated
    last = liability.recognised(allocated=allocated, used=used, expected=used, before=before)
    assert before + last == allocated


@given(
    allocated=st.fractions(min_value=0, max_value=10**6, max_denominator=100),
    uses=st.lists(st.integers(0, 500), min_size=1),
    expected=st.integers(1, 5000),
)
def test_with_one_estimate_the_order_of_uses_does_not_matter(
    allocated: Fraction, uses: list[int], expected: int
) -> None:
    def in_order(order: list[int]) -> Fraction:
        used, before = 0, Fraction(0)
        for more in order:
            used += more
            part = liability.recognised(
                allocated=allocated, used=used, expected=expected, before=before
            )
            assert part >= 0
            before += part
        return before

    assert in_order(uses) == in_order(sorted(uses)) == in_order(uses[::-1])


# --- curves -------------------------------------------------------------------------------------


def test_a_curve_by_hand() -> None:
    """Two cohorts of 100 and 300 points; the second has lived one month less."""
    granted = {0: 100, 1: 300}
    used = {(0, 0): 20, (0, 1): 30, (0, 2): 10, (1, 0): 60, (1, 1): 30, (1, 2): 999}
    curve = liability.learn(granted, used, now=3)
    assert curve.months == (
        F(80, 400),
        F(80, 400) + F(60, 400),
        F(80, 400) + F(60, 400) + F(10, 100),
    )
    assert curve.ultimate == F(45, 100)
    assert (curve.cohorts, curve.points) == (2, 400)
    # Of 80 % that were left after the first month, 25 points in a hundred of all are used.
    assert curve.still(0) == F(25, 80)
    assert curve.still(2) == 0
    assert curve.still(99) == 0


def test_without_history_the_stated_share_is_used() -> None:
    empty = liability.learn({}, {}, now=100)
    prior = Prior(F(9, 10), "the trade's table")
    assert liability.choose(empty, prior, least_months=6, least_points=1000) is prior
    curve = Curve((F(1, 2),) * 6, cohorts=6, points=1000)
    assert liability.choose(curve, prior, least_months=6, least_points=1000) is curve
    assert liability.choose(curve, prior, least_months=7, least_points=1000) is prior
    assert liability.choose(curve, prior, least_months=6, least_points=1001) is prior


histories = st.dictionaries(st.integers(0, 12), st.integers(1, 10_000), max_size=8)


@given(granted=histories, chance=st.randoms(use_true_random=False), now=st.integers(0, 14))
def test_a_curve_never_falls_and_a_share_stays_one(
    granted: dict[int, int], chance: object, now: int
) -> None:
    used = {
        (month, age): chance.randint(-50, points // 3)  # type: ignore[attr-defined]
        for month, points in granted.items()
        for age in range(14)
    }
    curve = liability.learn(granted, used, now=now)
    assert list(curve.months) == sorted(curve.months)
    assert all(0 <= share <= 1 for share in curve.months)
    assert all(0 <= curve.still(age) <= curve.ultimate for age in range(-1, 20))


# --- the table ----------------------------------------------------------------------------------


def test_a_table_by_hand() -> None:
    """1,000 points at a cent each, nine in ten expected; use goes as expected, 20 lapse."""
    lines = liability.table(
        opening=(1000, D("9.00")),
        moved=Moved(granted=500, back=10, used=200, clawed=50, expired=20),
        closing=(1240, D("11.16")),
        worth=F(1, 100),
        expected=F(9, 10),
    )
    assert [(line.code, line.points, line.yuan) for line in lines if line.points or line.yuan] == [
        ("opening", 1000, D("9.00")),
        ("granted", 500, D("4.50")),
        ("back", 10, D("0.10")),
        ("used", -200, D("-2.00")),
        ("clawed", -50, D("-0.45")),
        ("expired", -20, D("0.00")),
        ("estimate", 0, D("0.01")),
        ("closing", 1240, D("11.16")),
    ]


def test_when_all_goes_as_expected_the_estimate_does_not_change() -> None:
    lines = liability.table(
        opening=(0, D("0.00")),
        moved=Moved(granted=10_000, used=9_000, expired=1_000),
        closing=(0, D("0.00")),
        worth=F(1, 100),
        expected=F(9, 10),
    )
    assert next(line.yuan for line in lines if line.code == "estimate") == 0


def test_points_that_do_not_add_up_make_no_table() -> None:
    with pytest.raises(ValueError, match="are not"):
        liability.table(
            opening=(0, D(0)), moved=Moved(granted=1), closing=(2, D(0)), worth=ONE, expected=ONE
        )


counts = st.integers(0, 10**9)


@given(
    opening=st.tuples(counts, money),
    moved=st.builds(Moved, *[counts] * 9),
    yuan=money,
    worth=st.fractions(min_value=0, max_value=1, max_denominator=1000),
    expected=shares,
)
def test_tables_add_up_and_journals_balance(
    opening: tuple[int, Decimal], moved: Moved, yuan: Decimal, worth: Fraction, expected: Fraction
) -> None:
    closing = (opening[0] + moved.net, yuan)
    lines = liability.table(
        opening=opening, moved=moved, closing=closing, worth=worth, expected=expected
    )
    assert tuple(line.code for line in lines) == liability.LINE_CODES
    assert sum(line.points for line in lines[:-1]) == closing[0]
    assert sum(line.yuan for line in lines[:-1]) == closing[1]
    entries = liability.postings(lines, owed_on="2204", against="6001")
    assert sum(entry.debit for entry in entries) == sum(entry.credit for entry in entries)
    grown = sum(
        (entry.credit - entry.debit for entry in entries if entry.account == "2204"), start=D(0)
    )
    assert grown == closing[1] - opening[1]
