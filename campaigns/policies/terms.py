"""What a merchant sets: a program's settings and rules as plain values, as a version keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from campaigns.policies.occasions import PURCHASE

Rounding = Literal["receipt", "line"]
Stacking = Literal["multiply", "add", "highest"]

BASIC = "basic"
PER_YUAN, PER_BLOCK, PER_ITEM, FIXED = "per_yuan", "per_block", "per_item", "fixed"
BANDS, MULTIPLIER, BAND_MULTIPLIER = "bands", "multiplier", "band_multiplier"
EFFECTS = (PER_YUAN, PER_BLOCK, PER_ITEM, FIXED, BANDS, MULTIPLIER, BAND_MULTIPLIER)
MULTIPLYING = frozenset({MULTIPLIER, BAND_MULTIPLIER})
# "base": each line earns by the first base rule that picks it; "extra": on top of that.
BASE, EXTRA = "base", "extra"
STACKINGS = ("multiply", "add", "highest")
SCOPES = ("order", "member", "all")
MEASURES = ("points", "times", "yuan")
TIMINGS = ("inherit", "at_once", "days", "date")
EXCLUDABLE = ("category", "sku", "brand", "label")
LEAP_DAYS = ("feb28", "mar1")
MAX_POINTS = 1_000_000
MAX_FACTOR = Decimal(100)
MAX_LIMIT = 10**12
MAX_RULES = 200
# Factors count in hundredths.
FACTOR_SCALE = 100


@dataclass(frozen=True, slots=True)
class RuleTerms:
    """A rule as it is kept: plain values, JSON where there is a list of things."""

    key: str
    name: str
    effect: str
    name_en: str = ""
    trigger: str = PURCHASE
    code: str = ""
    combine: str = BASE
    is_multiplied: bool = False
    points: int = 0
    yuan: Decimal = Decimal(1)
    factor: Decimal = Decimal(1)
    bands: Sequence[Mapping[str, Any]] = ()
    conditions: Sequence[Mapping[str, Any]] = ()
    limits: Sequence[Mapping[str, Any]] = ()
    validity: Mapping[str, Any] = field(default_factory=dict)
    timing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProgramTerms:
    """A version's settings and rules. `basic_points` for every `basic_yuan`; 0 for no basic rate.

    `order_cap`, `day_cap`, `month_cap`: most points per member of purchases; None for no cap.
    """

    number: int
    starts_at: datetime
    basic_method: str = PER_YUAN
    basic_points: int = 0
    basic_yuan: Decimal = Decimal(1)
    floor_at: str = "receipt"
    stacking: str = "multiply"
    ceiling: Decimal | None = None
    freight_earns: bool = False
    coupon_part_earns: bool = False
    points_part_earns: bool = False
    excluded: Mapping[str, Sequence[str]] = field(default_factory=dict)
    validity: Mapping[str, Any] = field(default_factory=lambda: {"kind": "months", "count": 12})
    pending_days: int = 0
    order_cap: int | None = None
    day_cap: int | None = None
    month_cap: int | None = None
    leap_day: str = "feb28"
    rules: Sequence[RuleTerms] = ()
    id: int = 0


def date_of(value: Any) -> date | None:
    """A date, or one written as text; None for what is neither."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
