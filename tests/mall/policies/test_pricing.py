from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from mall.policies.pricing import Facts, Terms, judged, proposal, well_read

TERMS = Terms(points_per_yuan=100, target_margin=Decimal(100))


def steps(facts: Facts, terms: Terms = TERMS) -> list[tuple[str, int]]:
    found = proposal(facts, terms)
    assert found is not None
    assert found.steps[-1].points == found.points
    return [(step.code, step.points) for step in found.steps]


def test_nothing_known_nothing_proposed() -> None:
    assert proposal(Facts(None, None, stock=5), TERMS) is None


def test_the_market_value_is_where_it_begins() -> None:
    assert steps(Facts(Decimal(12), Decimal(20))) == [("value", 2000), ("rounded", 2000)]


def test_a_cost_alone_is_enough() -> None:
    assert steps(Facts(Decimal(12), None)) == [("cost", 1200), ("rounded", 1200)]


def test_slow_movers_cost_a_fifth_less() -> None:
    slow = Facts(Decimal(12), Decimal(20), stock=100, sold=10, days_listed=60)
    assert steps(slow) == [("value", 2000), ("slow", 1600), ("rounded", 1600)]


def test_what_never_sold_counts_after_a_fair_trial() -> None:
    assert ("unsold", 1600) in steps(Facts(None, Decimal(20), stock=9, days_listed=30))
    assert steps(Facts(None, Decimal(20), stock=9, days_listed=29))[1][0] == "rounded"


def test_what_is_nearly_gone_costs_a_tenth_more() -> None:
    assert ("scarce", 2200) in steps(Facts(None, Decimal(20), stock=4, sold=10))


def test_never_below_the_cost() -> None:
    slow = Facts(Decimal(18), Decimal(20), stock=100, sold=1)
    assert steps(slow) == [("value", 2000), ("slow", 1600), ("floor", 1800), ("rounded", 1800)]


def test_the_money_part_is_taken_off() -> None:
    mixed = Facts(Decimal(12), Decimal(20), money=Decimal("9.90"))
    assert steps(mixed) == [("value", 2000), ("money", 1010), ("rounded", 1050)]
    assert steps(Facts(Decimal(1), Decimal(5), money=Decimal(9)))[-1] == ("rounded", 1)


def test_a_smaller_share_asks_for_more() -> None:
    half = Terms(100, Decimal(50))
    assert steps(Facts(Decimal(12), None), half) == [("cost", 2400), ("rounded", 2400)]


def test_prices_read_well() -> None:
    assert [well_read(n) for n in (1, 99, 101, 999, 1001, 1234, 10_001, 100_001)] == [
        *(1, 99, 110, 1000, 1050, 1250, 10_100, 101_000),
    ]


def test_a_price_at_its_bound_is_not_over() -> None:
    at = judged(Decimal(10), 1000, Decimal(0), TERMS)
    over = judged(Decimal(10), 999, Decimal(0), TERMS)
    assert at is not None
    assert over is not None
    assert (at.share, at.worth, at.is_over) == (Decimal(100), Decimal(10), False)
    assert (over.share, over.worth, over.is_over) == (Decimal("100.2"), Decimal("9.99"), True)
    assert judged(None, 10, Decimal(0), TERMS) is None


@given(
    st.decimals("0.01", "9999", places=2),
    st.none() | st.decimals("0.01", "9999", places=2),
    st.decimals("0", "99", places=2),
    st.none() | st.integers(0, 1000),
    st.integers(0, 1000),
    st.decimals("1", "300", places=2),
    st.integers(1, 1000),
)
def test_no_proposal_is_over_its_bound(
    cost: Decimal,
    value: Decimal | None,
    money: Decimal,
    stock: int | None,
    sold: int,
    margin: Decimal,
    rate: int,
) -> None:
    terms = Terms(rate, margin)
    found = proposal(Facts(cost, value, money, stock, sold, 40), terms)
    assert found is not None
    told = judged(cost, found.points, money, terms)
    assert told is not None
    assert not told.is_over
