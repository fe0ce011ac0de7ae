"""What an occasion earns: rates, stacks, limits, lots, and that it can be computed again."""

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.policies import judging, programs
from campaigns.policies.occasions import Occasion, Person
from campaigns.policies.programs import Program, RuleTerms
from tests.campaigns.making import (
    FRIDAY,
    SHANGHAI,
    THURSDAY,
    any_program,
    any_purchase,
    any_use,
    judged,
    line,
    points,
    program,
    purchase,
    rule,
    terms,
)

MEMBER_DAY = rule("member-day", "multiplier", {"kind": "weekday", "in": [4]}, factor="2")


@pytest.mark.parametrize(
    ("settings_", "amounts", "expected"),
    [
        ({"basic": "1:1"}, ["88.80"], 88),
        ({"basic": "1:1"}, ["0.99"], 0),
        ({"basic": "1:1"}, ["0.50", "0.50"], 1),
        ({"basic": "1:1", "floor_at": "line"}, ["0.50", "0.50"], 0),
        ({"basic": "10/100"}, ["199"], 10),
        ({"basic": "10/100"}, ["250"], 20),
        ({"basic": "10/100"}, ["99.9999"], 0),
        ({"basic": "10:100"}, ["199"], 19),
        ({"basic": "1/50"}, ["149"], 2),
        ({"basic": "1:10"}, ["88.80"], 8),
        ({"basic": "1:1"}, [], 0),
        ({}, ["100"], 0),
    ],
)
def test_the_basic_rate_counts_by_yuan_or_by_whole_blocks(
    settings_: dict[str, Any], amounts: list[str], expected: int
) -> None:
    assert points(program(**settings_), *amounts) == expected


def test_money_is_exact_where_binary_floats_are_one_point_off() -> None:
    # 0.1 added ten times is 0.9999999999999999 in binary floating point.
    assert points(program(basic="1:1"), *["0.1"] * 10) == 1


@settings(deadline=None)
@given(
    amounts=st.lists(st.decimals("0.0001", "99999", places=4), max_size=20),
    rate=st.integers(1, 1000),
    block=st.decimals("0.01", "500", places=2),
)
def test_blocks_agree_with_decimal_division(
    amounts: list[Decimal], rate: int, block: Decimal
) -> None:
    got = points(program(basic=f"{rate}/{block}"), *map(str, amounts))

    whole = (sum(amounts, Decimal(0)) / block).to_integral_value(rounding=ROUND_DOWN)
    assert got == int(whole) * rate


def test_member_day_doubles_what_the_blocks_gave() -> None:
    made = program(MEMBER_DAY, basic="10/100")

    assert points(made, "250") == 20
    assert points(made, "250", at=THURSDAY) == 40


def test_base_points_are_rounded_before_they_are_multiplied() -> None:
    made = program(rule("double", "multiplier", factor="2"), basic="1:1")

    assert points(made, "88.80") == 176


@pytest.mark.parametrize(
    ("stacking", "ceiling", "expected"),
    [
        ("multiply", None, 600),
        ("add", None, 400),
        ("highest", None, 300),
        ("multiply", "5", 500),
        ("add", "3.5", 350),
        ("highest", "2.5", 250),
    ],
)
def test_multipliers_stack_as_the_program_says(
    stacking: str, ceiling: str | None, expected: int
) -> None:
    made = program(
        rule("two", "multiplier", factor="2"),
        rule("three", "multiplier", factor="3"),
        basic="1:1",
        stacking=stacking,
        ceiling=ceiling,
    )

    assert points(made, "100") == expected


def test_a_multiplier_of_some_goods_leaves_the_others_alone() -> None:
    tea = rule("tea", "multiplier", {"kind": "category", "in": ["food"]}, factor="3")
    made = program(tea, basic="1:1")

    judgement = judged(made, purchase(line(1, "10"), line(2, "20", category=("food", "tea"))))

    assert judgement.points == 70
    assert judgement.parts[0].lines == ((1, 10), (2, 60))


def test_a_base_rule_takes_its_goods_from_the_rules_below_it() -> None:
    made = program(
        rule("new", "per_block", {"kind": "label", "in": ["new"]}, points=5, yuan="10"),
        basic="1:1",
    )

    judgement = judged(made, purchase(line(1, "35", labels=["new"]), line(2, "7.50")))

    assert judgement.gave == {"new": 15, "basic": 7}


def test_an_extra_comes_on_top_and_is_multiplied_only_when_it_says_so() -> None:
    extra = {"points": 5, "combine": "extra"}
    plain = program(
        rule("double", "multiplier", factor="2"), rule("gift", "fixed", **extra), basic="1:1"
    )
    doubled = program(
        rule("double", "multiplier", factor="2"),
        rule("gift", "fixed", is_multiplied=True, **extra),
        basic="1:1",
    )

    assert points(plain, "10") == 25
    assert points(doubled, "10") == 30


def test_items_and_bands() -> None:
    items = rule("items", "per_item", points=3, combine="extra")
    bands = rule(
        "bands",
        "bands",
        bands=[{"from": "200", "points": 50}, {"from": "500", "points": 150}],
        combine="extra",
    )

    assert points(program(items), line(1, "9", quantity=Decimal("2.5"))) == 7
    assert [points(program(bands), amount) for amount in ("199.99", "200", "499", "500")] == [
        0,
        50,
        50,
        150,
    ]


def test_a_band_can_multiply() -> None:
    bands = [{"from": "500", "factor": "1.5"}, {"from": "1000", "factor": "2"}]
    made = program(rule("bands", "band_multiplier", bands=bands), basic="1:1")

    assert [points(made, amount) for amount in ("499", "500", "1000")] == [499, 750, 2000]


def test_a_reducing_multiplier_takes_from_the_base() -> None:
    made = program(
        rule("franchise", "multiplier", {"kind": "store", "in": ["F1"]}, factor="0.5"),
        rule("double", "multiplier", factor="2"),
        basic="1:1",
    )

    judgement = judged(made, purchase("7", "8", store="F1"))

    assert judgement.points == 15
    assert judgement.gave == {"basic": 7, "double": 8}


def test_what_earns_is_the_programs_choice() -> None:
    """Freight, what a coupon paid, what points paid, excluded goods, goods without a price."""
    lines = [
        line(1, "100"),
        line(2, "10", kind="freight"),
        line(3, "50", labels=["gift_card"]),
        line(4, "0", is_priced=False),
    ]
    paid: dict[str, Any] = {
        "paid_by_coupon": 160_000,
        "paid_by_points": 320_000,
    }  # ¥16 and ¥32 of ¥160

    def base(**choices: Any) -> Decimal:
        made = program(basic="1:1", **choices)
        return judged(made, purchase(*lines, **paid)).base

    excluded = {"excluded": {"label": ["gift_card"]}}
    assert base() == Decimal(105)  # 160 − 48, less the freight's 7
    assert base(coupon_part_earns=True) == Decimal(120)
    assert base(points_part_earns=True) == Decimal(135)
    assert base(coupon_part_earns=True, points_part_earns=True) == Decimal(150)
    assert base(freight_earns=True) == Decimal(112)
    assert base(**excluded) == Decimal(70)
    told = judged(program(basic="1:1", **excluded), purchase(*lines)).explanation
    assert told["left_out"] == [[2, "freight"], [3, "excluded"], [4, "free"]]


def test_each_rule_may_have_its_own_validity_and_lot() -> None:
    bonus = rule(
        "bonus",
        "fixed",
        points=30,
        combine="extra",
        validity={"kind": "days", "count": 30},
        timing={"kind": "at_once"},
    )
    made = program(bonus, MEMBER_DAY, basic="1:1", pending_days=7)

    judgement = judged(made, purchase("10", at=THURSDAY))

    main, gift = judgement.parts
    assert (main.points, gift.points) == (20, 30)
    assert main.usable_at == THURSDAY + timedelta(days=7)
    assert main.expires_at == datetime(2027, 3, 5, tzinfo=SHANGHAI)
    assert gift.usable_at is None
    assert gift.expires_at == datetime(2026, 4, 4, tzinfo=SHANGHAI)


def test_an_order_that_completes_later_gives_its_points_later() -> None:
    made = program(basic="1:1", pending_days=7)
    done = datetime(2026, 4, 1, 9, 0, tzinfo=SHANGHAI)

    (part,) = judged(made, purchase("10", completed_at=done)).parts

    assert part.usable_at == done + timedelta(days=7)


def test_a_presale_gives_its_points_on_its_day() -> None:
    made = program(
        rule("presale", "per_yuan", points=1, timing={"kind": "date", "date": "2026-05-01"})
    )

    (part,) = judged(made, purchase("10")).parts

    assert part.usable_at == datetime(2026, 5, 1, tzinfo=SHANGHAI)


def test_points_never_lapse_before_they_can_be_used() -> None:
    made = program(basic="1:1", validity={"kind": "quarter_end", "count": 0}, pending_days=30)

    (part,) = judged(made, purchase("10", at=datetime(2026, 3, 20, 12, tzinfo=SHANGHAI))).parts

    assert part.usable_at == datetime(2026, 4, 19, 12, tzinfo=SHANGHAI)
    assert part.expires_at == datetime(2026, 7, 1, tzinfo=SHANGHAI)


def test_limits_leave_what_is_left() -> None:
    gift = rule(
        "gift",
        "per_yuan",
        points=2,
        combine="extra",
        limits=[
            {"per": "order", "points": 50},
            {"per": "member", "period": "day", "points": 60},
        ],
    )
    made = program(gift, basic="1:1")

    assert points(made, "10") == 30
    assert points(made, "40") == 90
    used = {("gift", "member", "day"): (1, 35)}
    judgement = judged(made, purchase("40"), used)
    assert judgement.gave == {"gift": 25, "basic": 40}
    assert judgement.explanation["cuts"] == [
        ["gift", "order", "ever", "points", "50", 0, 80, 50],
        ["gift", "member", "day", "points", "60", 35, 50, 25],
    ]


def test_a_rule_that_was_used_often_enough_gives_nothing() -> None:
    once = rule("once", "fixed", points=9, combine="extra", limits=[{"per": "member", "times": 1}])
    made = program(once, basic="1:1")

    assert points(made, "10") == 19
    assert points(made, "10", used={("once", "member", "ever"): (1, 9)}) == 10


def test_a_budget_in_yuan_counts_by_the_worth_of_a_point() -> None:
    gift = rule(
        "gift", "fixed", points=500, combine="extra", limits=[{"per": "all", "yuan": "7.50"}]
    )
    made = program(gift)

    assert points(made, "10", points_per_yuan=100) == 500
    assert points(made, "10", points_per_yuan=50) == 375
    assert points(made, "10", used={("gift", "all", "ever"): (1, 400)}) == 350


def test_the_programs_caps_cut_all_rules_in_proportion() -> None:
    made = program(
        rule("gift", "fixed", points=50, combine="extra"),
        basic="1:1",
        order_cap=100,
        day_cap=120,
    )

    judgement = judged(made, purchase("150"))

    assert judgement.gave == {"basic": 75, "gift": 25}
    assert points(made, "150", used={("", "member", "day"): (1, 90)}) == 30


def test_other_acts_have_their_own_rules() -> None:
    made = program(
        rule("join", "fixed", trigger="registration", points=100),
        rule(
            "stars",
            "per_item",
            {"kind": "attribute", "name": "shop", "in": ["a"]},
            trigger="custom",
            code="stars",
            points=2,
        ),
        basic="1:1",
        order_cap=1,
    )

    def of(trigger: str, **facts: Any) -> int:
        lines = [line(0, "0", quantity=Decimal(3))]
        return judged(made, Occasion(trigger=trigger, at=FRIDAY, lines=lines, **facts)).points

    assert of("registration") == 100
    assert of("custom", code="stars", attributes={"shop": "a"}) == 6
    assert of("custom", code="moons", attributes={"shop": "a"}) == 0
    assert of("custom", code="stars", attributes={"shop": "b"}) == 0
    assert of("review") == 0


def test_the_first_order_is_the_one_without_an_earlier_one() -> None:
    made = program(rule("first", "fixed", trigger="first_order", points=20, combine="extra"))

    assert points(made, "1", purchases={"ever": 0}) == 20
    assert points(made, "1", purchases={"ever": 1}) == 0


def test_a_broken_rule_is_named_and_the_others_count() -> None:
    made = programs.compiled(
        terms(
            RuleTerms(key="odd", name="odd", effect="fixed", conditions=[{"kind": "moon phase"}]),
            RuleTerms(key="zero", name="zero", effect="per_block", points=1, yuan=Decimal(0)),
            basic="1:1",
        )
    )

    judgement = judging.judge(made, purchase("10"))

    assert judgement.points == 10
    assert [fault.rule for fault in judgement.faults] == ["odd", "zero"]


def test_a_return_without_its_sale_counts_base_rules_only() -> None:
    made = program(
        MEMBER_DAY,
        rule("gift", "fixed", points=5, combine="extra"),
        basic="1:1",
        order_cap=3,
    )

    judgement = judging.judge_return(made, purchase("10", at=THURSDAY))

    assert judgement.points == 10
    assert judgement.explanation["type"] == "unlinked_return"
    again = judging.judge_again(made, judgement.explanation)
    assert again.explanation == judgement.explanation


def test_only_the_facts_that_rules_look_at_are_kept() -> None:
    person = Person(birthday=date(1990, 3, 5), tags=frozenset({"vip"}))
    facts: dict[str, Any] = {"person": person, "store": "S1", "purchases": {"month": 2}}
    lines = [line(1, "10", sku="A", category=("food",), brand="b")]

    plain = judged(program(basic="1:1"), purchase(*lines, **facts)).explanation["inputs"]
    birthday = rule("birthday", "multiplier", {"kind": "birthday", "span": "day"}, factor="2")
    asked = judged(program(birthday, basic="1:1"), purchase(*lines, **facts)).explanation

    assert set(plain) == {"at", "zone", "lines"}
    assert plain["lines"] == [[1, "10"]]
    assert asked["inputs"]["person"] == {"birthday": "03-05"}


@settings(deadline=None, max_examples=300)
@given(made=any_program(), occasion=any_purchase(), used=any_use())
def test_every_judgement_can_be_computed_again(
    made: Program, occasion: Occasion, used: Any
) -> None:
    judgement = judged(made, occasion, used)

    assert judgement.faults == ()
    assert judgement.points >= 0
    cap = made.terms.order_cap
    assert cap is None or judgement.points <= cap


@settings(deadline=None, max_examples=200)
@given(
    amounts=st.lists(st.integers(0, 300), min_size=1, max_size=5),
    factors=st.lists(
        st.tuples(st.sampled_from(["0.5", "0.75", "1.2", "1.5", "2", "3"]), st.booleans()),
        max_size=4,
    ),
    stacking=st.sampled_from(programs.STACKINGS),
    ceiling=st.sampled_from([None, "2"]),
)
def test_the_stack_agrees_with_fractions(
    amounts: list[int], factors: list[tuple[str, bool]], stacking: str, ceiling: str | None
) -> None:
    """An independent way of the same arithmetic: one fraction per line, rounded down once.

    Every second line is of the category that some multipliers ask for.
    """
    tea = {"kind": "category", "in": ["tea"]}
    rules = [
        rule(f"m{n}", "multiplier", *([tea] if of_tea else []), factor=factor)
        for n, (factor, of_tea) in enumerate(factors)
    ]
    made = program(*rules, basic="1:3", stacking=stacking, ceiling=ceiling)
    lines = [
        line(no, str(amount), category=("tea",) if no % 2 else ())
        for no, amount in enumerate(amounts, start=1)
    ]

    whole = sum(amounts) // 3
    exact = Fraction(0)
    for no, amount in enumerate(amounts, start=1):
        asked = [Fraction(Decimal(f)) for f, of_tea in factors if no % 2 or not of_tea]
        factor = _stacked(asked, stacking, ceiling)
        exact += Fraction(whole * amount, sum(amounts) or 1) * factor
    assert points(made, *lines) == int(exact)


def _stacked(factors: list[Fraction], stacking: str, ceiling: str | None) -> Fraction:
    most = Fraction(Decimal(ceiling)) if ceiling else Fraction(10**9)
    if not factors:
        return Fraction(1)
    if stacking == "highest":
        return min(max(factors), most)
    total = Fraction(1)
    for factor in sorted(factors, key=lambda f: f >= 1):
        total = total * factor if stacking == "multiply" else max(total + factor - 1, Fraction(0))
        total = min(total, most)
    return total
