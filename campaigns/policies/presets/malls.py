"""What a preset's file says of its mall: rewards, coupons, points as money, and cases of them.

```
[[rewards]]            # code, kind, points, money, stock, ever_max, tier, segment, coupon, value
[[coupons]]            # code, kind, amount, percent, threshold, days, segments, public_code
[deduction]            # order_share, balance_share, points_min, points_step, excluded_labels
[[vectors]]
mall = [{ redeem = "drink", balance = 8, refused = "points_insufficient" }]
```
Each step is of a new member with `balance` points unless it says otherwise; what a step does not
expect is not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from campaigns.policies.presets.fields import Fields

REWARD_KINDS = ("physical", "service", "coupon", "right")
COUPON_KINDS = ("threshold", "percent", "cash", "free_delivery", "exchange")
ACTS = ("redeem", "use", "claim", "deduct")
_PEOPLE_MAX = 50


@dataclass(frozen=True, slots=True)
class RewardPlan:
    """A reward that the preset proposes. `stock` None: not counted. `tier` and `segment` gate it;
    `invited` hides it from everybody else."""

    code: str
    name: str
    name_en: str
    kind: str
    points: int
    money: Decimal = Decimal(0)
    value: Decimal | None = None
    stock: int | None = None
    ever_max: int | None = None
    tier: str = ""
    segment: str = ""
    invited: bool = False
    coupon: str = ""


@dataclass(frozen=True, slots=True)
class CouponPlan:
    """A coupon template that the preset proposes. Amounts in yuan."""

    code: str
    name: str
    name_en: str
    kind: str
    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    threshold: Decimal = Decimal(0)
    days: int = 30
    exchange_sku: str = ""
    segments: tuple[str, ...] = ()
    public_code: str = ""


@dataclass(frozen=True, slots=True)
class MallStep:
    """What members try in the mall, and what comes of it.

    `of` is a reward's or coupon's code, or for a deduction the order's yuan. `people` members try
    it one after another, each `times` times; `given` is how often it worked. `expected` are the
    outcomes that are compared.
    """

    act: str
    of: str
    balance: int = 0
    people: int = 1
    times: int = 1
    tier: str = ""
    segments: tuple[str, ...] = ()
    order: Decimal = Decimal(0)
    freight: Decimal = Decimal(0)
    labels: tuple[str, ...] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mall:
    """The whole proposal. `tiers` are the levels that it names, lowest first; `deduction` are
    settings of points as money."""

    tiers: tuple[str, ...] = ()
    rewards: tuple[RewardPlan, ...] = ()
    coupons: tuple[CouponPlan, ...] = ()
    deduction: Mapping[str, Any] = field(default_factory=dict)


def reward_of(fields: Fields) -> RewardPlan:
    values: dict[str, Any] = {
        "code": fields.text("code", 40),
        "name": fields.text("name", 80),
        "name_en": fields.text("name_en", 120),
        "kind": _one_of(fields, "kind", REWARD_KINDS),
        "points": fields.whole("points"),
    }
    for name in ("money", "value"):
        values |= fields.given(name, fields.yuan)
    for name in ("stock", "ever_max"):
        values |= fields.given(name, fields.whole)
    for name in ("tier", "segment", "coupon"):
        values |= fields.given(name, fields.text)
    values |= fields.given("invited", fields.flag)
    return RewardPlan(**values)


def coupon_of(fields: Fields) -> CouponPlan:
    values: dict[str, Any] = {
        "code": fields.text("code", 40),
        "name": fields.text("name", 40),
        "name_en": fields.text("name_en", 60),
        "kind": _one_of(fields, "kind", COUPON_KINDS),
    }
    for name in ("amount", "percent", "threshold"):
        values |= fields.given(name, fields.yuan)
    values |= fields.given("days", fields.whole)
    values |= fields.given("segments", fields.texts)
    for name in ("exchange_sku", "public_code"):
        values |= fields.given(name, fields.text)
    return CouponPlan(**values)


def deduction_of(fields: Fields) -> Mapping[str, Any]:
    """Settings of points as money, under the names that checkouts give them."""
    values: dict[str, Any] = {}
    for name in ("order_share", "balance_share", "points_min", "points_step"):
        values |= fields.given(name, fields.whole)
    for name in ("order_cap", "order_min"):
        values |= fields.given(name, fields.yuan)
    if fields.has("excluded_labels"):
        values["excluded_labels"] = fields.texts("excluded_labels")
    fields.done()
    return values


def step_of(fields: Fields) -> MallStep:
    acts = [act for act in ACTS if fields.has(act)]
    if len(acts) != 1:
        fields.wrong("redeem", "value_missing")
        acts = acts[:1] or ["redeem"]
    values: dict[str, Any] = {"act": acts[0], "of": fields.text(acts[0], 64)}
    for name in ("balance", "people", "times"):
        values |= fields.given(name, fields.whole)
    values |= fields.given("tier", fields.text)
    for name in ("segments", "labels"):
        values |= fields.given(name, fields.texts)
    for name in ("order", "freight"):
        values |= fields.given(name, fields.yuan)
    if fields.has("terms"):
        values["terms"] = deduction_of(Fields(fields.table("terms"), *fields.inside("terms")))
    expected: dict[str, Any] = {}
    for name in ("given", "left", "coupons", "points"):
        expected |= fields.given(name, fields.whole)
    expected |= fields.given("yuan", fields.yuan)
    expected |= fields.given("refused", fields.text)
    if not expected:
        fields.wrong("refused", "value_missing")
    if not 1 <= values.get("people", 1) * values.get("times", 1) <= _PEOPLE_MAX:
        fields.wrong("people", "value_invalid")
    fields.done()
    return MallStep(**values, expected=expected)


def _one_of(fields: Fields, name: str, allowed: tuple[str, ...]) -> str:
    value = fields.text(name)
    if value not in allowed:
        fields.wrong(name, "unknown_value", ("value", value))
    return value
