"""What a preset's file says of its mall is read strictly, too."""

import tomllib
from decimal import Decimal

import pytest

from campaigns.policies import presets
from campaigns.policies.presets import Malformed, Preset

GOOD = """
id = "P99"
name = "测试"
name_en = "Test"
summary = "给测试用。"
summary_en = "For tests."
goals = ["sales"]
markets = ["mass"]
trades = ["retail"]
tiers = ["gold", "black"]

[program]
basic_method = "per_yuan"
basic_points = 1
basic_yuan = "1"
validity = { kind = "year_end" }

[deduction]
order_share = 50

[[rewards]]
code = "cup"
name = "杯子"
name_en = "A cup"
kind = "coupon"
points = 9
tier = "black"
coupon = "five"

[[coupons]]
code = "five"
name = "五元券"
name_en = "¥5"
kind = "cash"
amount = "5"
public_code = "FIVE"

[[vectors]]
title = "一"
title_en = "One"
mall = [
    { redeem = "cup", balance = 9, tier = "black", left = 0 },
    { claim = "FIVE", coupons = 1 },
    { deduct = "order", order = "30", balance = 9, terms = { points_min = 5 }, points = 9 },
]
"""


def parsed(text: str) -> Preset:
    return presets.parsed("p99_test", tomllib.loads(text, parse_float=Decimal))


def test_a_whole_mall_is_read() -> None:
    preset = parsed(GOOD)
    (reward,), (coupon,) = preset.mall.rewards, preset.mall.coupons
    assert (reward.points, reward.coupon, reward.stock) == (9, "five", None)
    assert (coupon.amount, coupon.days, preset.mall.tiers) == (Decimal(5), 30, ("gold", "black"))
    assert dict(preset.mall.deduction) == {"order_share": 50}
    redeem, claim, deduct = preset.vectors[0].mall
    assert (redeem.act, redeem.of, dict(redeem.expected)) == ("redeem", "cup", {"left": 0})
    assert (claim.act, claim.of) == ("claim", "FIVE")
    assert (dict(deduct.terms), deduct.order) == ({"points_min": 5}, Decimal(30))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('kind = "coupon"', 'kind = "magic"', ("rewards.0.kind", "unknown_value")),
        ('coupon = "five"', 'coupon = "six"', ("rewards.0.coupon", "unknown_value")),
        ('coupon = "five"\n', "", ("rewards.0.coupon", "unknown_value")),
        ('tier = "black"\ncoupon', 'tier = "red"\ncoupon', ("rewards.0.tier", "unknown_value")),
        ("points = 9\ntier", "points = 0.5\ntier", ("rewards.0.points", "number_invalid")),
        ('kind = "cash"', 'kind = "gift"', ("coupons.0.kind", "unknown_value")),
        ('amount = "5"', 'amount = "-5"', ("coupons.0.amount", "number_invalid")),
        ("order_share = 50", "share = 50", ("deduction.share", "field_unknown")),
        ('redeem = "cup"', 'redeem = "mug"', ("vectors.0.mall.0", "unknown_value")),
        ('redeem = "cup"', 'gift = "cup"', ("vectors.0.mall.0.redeem", "value_missing")),
        ('claim = "FIVE"', 'claim = "SIX"', ("vectors.0.mall.1", "unknown_value")),
        (", coupons = 1", "", ("vectors.0.mall.1.refused", "value_missing")),
        (", left = 0", ", people = 51, left = 0", ("vectors.0.mall.0.people", "value_invalid")),
        ("points_min", "points_most", ("vectors.0.mall.2.terms.points_most", "field_unknown")),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, problem: tuple[str, str]) -> None:
    assert old in GOOD
    with pytest.raises(Malformed) as raised:
        parsed(GOOD.replace(old, new, 1))
    assert problem in [(one.field, one.code) for one in raised.value.problems]
