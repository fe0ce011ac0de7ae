"""What coupons take off: by hand for each kind, and for any basket by property."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from mall.policies import coupons
from mall.policies.coupons import Kind, Line, Stacking, Terms, Why

HUNDRED = Terms(Kind.THRESHOLD, amount=Decimal(20), threshold=Decimal(100))
CASH = Terms(Kind.CASH, amount=Decimal(30), stacking=Stacking.OTHER_KINDS)
EIGHT_TENTHS = Terms(Kind.PERCENT, percent=Decimal(20), stacking=Stacking.OTHER_KINDS)
DELIVERY = Terms(Kind.FREE_DELIVERY, stacking=Stacking.OTHER_KINDS)
LATTE = Terms(Kind.EXCHANGE, exchange_sku="latte", stacking=Stacking.OTHER_KINDS)


def line(number: int, amount: str, **values: object) -> Line:
    usual = Line(number, f"s{number}", (), frozenset(), "goods", Decimal(1), Decimal(amount))
    return replace(usual, **values)  # type: ignore[arg-type]  # any field of a line


BASKET = [line(1, "60.00"), line(2, "39.99"), line(3, "0.01"), line(4, "12", kind="freight")]


def test_threshold_is_reached_to_the_fen_and_shared_to_the_fen() -> None:
    settled = coupons.settle(BASKET, {"A": HUNDRED})
    assert settled.discounts[0].yuan == Decimal("20.00")
    assert settled.discounts[0].by_line == {1: Decimal("12.00"), 2: Decimal("8.00")}
    short = coupons.settle([line(1, "99.99"), BASKET[3]], {"A": HUNDRED})
    assert short.discounts == []
    assert (short.rejections[0].why, short.rejections[0].missing) == (
        Why.BELOW_THRESHOLD,
        Decimal("0.01"),
    )


def test_per_cent_stops_at_its_cap_and_rounds_half_up() -> None:
    assert coupons.settle([line(1, "10.03")], {"A": EIGHT_TENTHS}).discounts[0].yuan == Decimal(
        "2.01"
    )
    capped = replace(EIGHT_TENTHS, cap=Decimal(5))
    assert coupons.settle(BASKET, {"A": capped}).discounts[0].yuan == Decimal(5)


def test_cash_takes_no_more_than_the_goods_are_worth() -> None:
    settled = coupons.settle([line(1, "8.80"), BASKET[3]], {"A": CASH})
    assert settled.discounts[0].by_line == {1: Decimal("8.80")}


def test_free_delivery_takes_the_freight_only_and_asks_for_goods() -> None:
    assert coupons.settle(BASKET, {"A": DELIVERY}).discounts[0].by_line == {4: Decimal(12)}
    asking = replace(DELIVERY, threshold=Decimal(100), cap=Decimal(8))
    assert coupons.settle(BASKET, {"A": asking}).discounts[0].yuan == Decimal(8)
    short = coupons.settle(BASKET[1:], {"A": asking})
    assert short.rejections[0].missing == Decimal(60)
    assert coupons.settle(BASKET[:3], {"A": DELIVERY}).rejections[0].why is Why.NOTHING_COUNTS


def test_exchange_gives_pieces_of_its_article_and_none_twice() -> None:
    cups = [line(1, "100", sku="latte", quantity=Decimal(3)), line(2, "20")]
    one = coupons.settle(cups, {"A": LATTE})
    assert one.discounts[0].by_line == {1: Decimal("33.33")}
    grouped = replace(LATTE, stacking=Stacking.OTHER_GROUPS)
    four = {name: replace(grouped, group=name) for name in "ABCD"}
    settled = coupons.settle(cups, four)
    assert sum(one.yuan for one in settled.discounts) == Decimal(100)
    assert [(one.code, one.why) for one in settled.rejections] == [("D", Why.NOTHING_LEFT)]


def test_scope_is_articles_or_categories_with_their_children_without_labels() -> None:
    tea = line(1, "40", sku="oolong", category=("tea", "drinks"))
    cake = line(2, "30", sku="cake", category=("food",))
    sale = line(3, "50", category=("tea", "drinks"), labels=frozenset({"special"}))
    drinks = replace(CASH, categories=frozenset({"drinks"}), excluded_labels=frozenset({"special"}))
    assert coupons.settle([tea, cake, sale], {"A": drinks}).discounts[0].by_line == {1: Decimal(30)}
    either = replace(drinks, skus=frozenset({"cake"}))
    assert set(coupons.settle([tea, cake, sale], {"A": either}).discounts[0].by_line) == {1, 2}


def test_both_must_allow_each_other() -> None:
    assert not coupons.goes_with(HUNDRED, CASH)
    assert coupons.goes_with(CASH, EIGHT_TENTHS)
    assert not coupons.goes_with(CASH, CASH)
    red, blue = (replace(CASH, stacking=Stacking.OTHER_GROUPS, group=g) for g in ("red", "blue"))
    assert coupons.goes_with(red, blue)
    assert not coupons.goes_with(red, red)
    refused = coupons.settle(BASKET, {"A": CASH, "B": HUNDRED})
    assert [(one.code, one.why, one.other) for one in refused.rejections] == [
        ("A", Why.NOT_TOGETHER, "B")
    ]


def test_each_sees_what_those_before_it_left() -> None:
    """¥100 less 20 % is ¥80; ¥30 of it: both are shared by what is left of each line."""
    settled = coupons.settle(BASKET, {"A": CASH, "B": EIGHT_TENTHS, "C": DELIVERY})
    assert [(one.code, one.yuan) for one in settled.discounts] == [
        ("B", Decimal(20)),
        ("A", Decimal(30)),
        ("C", Decimal(12)),
    ]


_fen = st.integers(0, 500_000)
_money = _fen.map(lambda fen: Decimal(fen).scaleb(-2))
_lines = st.lists(
    st.tuples(
        _money,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["goods", "goods", "freight"]),
        st.decimals("0.001", 20, places=3),
        st.booleans(),
    ),
    max_size=6,
).map(
    lambda rows: [
        Line(n, sku, (sku, "all"), frozenset({"special"} if sale else ()), kind, quantity, amount)  # type: ignore[arg-type]
        for n, (amount, sku, kind, quantity, sale) in enumerate(rows, 1)
    ]
)
_terms = st.builds(
    Terms,
    kind=st.sampled_from(list(Kind)),
    amount=_money,
    percent=st.decimals(0, 100, places=2),
    cap=st.none() | _money,
    threshold=st.just(Decimal(0)) | _money,
    skus=st.frozensets(st.sampled_from(["a", "b"]), max_size=1),
    categories=st.frozensets(st.sampled_from(["all", "b"]), max_size=1),
    excluded_labels=st.frozensets(st.just("special"), max_size=1),
    exchange_sku=st.sampled_from(["a", "b"]),
    exchange_quantity=st.integers(1, 5),
    stacking=st.sampled_from(list(Stacking)),
    group=st.sampled_from(["", "red"]),
)


@given(_lines, st.dictionaries(st.sampled_from("ABCD"), _terms, max_size=4))
def test_any_basket_keeps_its_money(lines: list[Line], given_terms: dict[str, Terms]) -> None:
    settled = coupons.settle(lines, given_terms)
    told = [one.code for one in settled.discounts] + [one.code for one in settled.rejections]
    assert sorted(told) == sorted(given_terms)
    off = dict.fromkeys((one.line_no for one in lines), Decimal(0))
    for discount in settled.discounts:
        assert discount.yuan == sum(discount.by_line.values()) > 0
        assert all(share > 0 for share in discount.by_line.values())
        for number, share in discount.by_line.items():
            assert share == share.quantize(coupons.FEN)
            off[number] += share
    assert all(off[one.line_no] <= one.amount for one in lines)
    for terms, discount in ((given_terms[one.code], one) for one in settled.discounts):
        assert all(coupons.counts(terms, lines[number - 1]) for number in discount.by_line)
        if terms.cap is not None and terms.kind is not Kind.EXCHANGE:
            assert discount.yuan <= terms.cap


@given(_lines, st.dictionaries(st.sampled_from("ABC"), _terms, max_size=3))
def test_the_order_in_which_codes_come_changes_nothing(
    lines: list[Line], given_terms: dict[str, Terms]
) -> None:
    first = coupons.settle(lines, given_terms)
    for order in permutations(given_terms):
        assert coupons.settle(lines, {code: given_terms[code] for code in order}) == first


@given(st.integers(0, 10**9), st.dictionaries(st.integers(1, 9), st.integers(0, 10**6), max_size=9))
def test_shares_add_up_and_none_is_more_than_its_weight(
    total: int, weights: dict[int, int]
) -> None:
    total = min(total, sum(weights.values()))
    parts = coupons.share(total, weights)
    assert sum(parts.values()) == total
    assert all(0 < part <= weights[number] for number, part in parts.items())


def test_part_of_a_returned_line_never_adds_up_to_more() -> None:
    by_line = {1: Decimal("0.10"), 2: Decimal("5.00")}
    third = (Decimal(1), Decimal(3))
    assert coupons.part_of(by_line, {1: third}) == Decimal("0.03")
    assert coupons.part_of(by_line, {1: (Decimal(3), Decimal(3)), 9: third}) == Decimal("0.10")
