"""What coupons take off a basket: which lines count, how much, and each line's exact share.

Money is `Decimal` yuan at the doors and whole fen within, so that shares are exact. Coupons come
off in one declared order, whatever order their codes were given in: exchanges, per cent,
thresholds, cash, free delivery; within a kind by code. Each sees what those before it have left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Literal

FEN = Decimal("0.01")


class Kind(StrEnum):
    """What a coupon does; the order of this list is the order in which they come off."""

    EXCHANGE = "exchange"
    PERCENT = "percent"
    THRESHOLD = "threshold"
    CASH = "cash"
    FREE_DELIVERY = "free_delivery"


class Stacking(StrEnum):
    """With which other coupons one may be used at the same purchase; both must allow it."""

    ALONE = "alone"
    OTHER_KINDS = "kinds"
    OTHER_GROUPS = "groups"


class Why(StrEnum):
    """Why a coupon takes nothing off a basket."""

    NOTHING_COUNTS = "coupon_nothing_counts"
    BELOW_THRESHOLD = "coupon_below_threshold"
    NOT_TOGETHER = "coupon_not_together"
    NOTHING_LEFT = "coupon_nothing_left"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a basket. `category` has its own code first, then its parents; `amount` is what
    the line costs before coupons, in yuan with at most two places."""

    line_no: int
    sku: str
    category: tuple[str, ...]
    labels: frozenset[str]
    kind: Literal["goods", "freight"]
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """What one coupon takes off: `yuan` is the sum of `by_line` (line number → yuan)."""

    code: str
    yuan: Decimal
    by_line: dict[int, Decimal]
    # Whether points may be used as money at the same purchase.
    with_points: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """What a template says about a basket. Amounts in yuan; `percent` is what comes off."""

    kind: Kind
    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    # The most that comes off (per cent, free delivery); None: no bound.
    cap: Decimal | None = None
    threshold: Decimal = Decimal(0)
    # What is counted: these articles or these categories with their children; both empty: all.
    skus: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    excluded_labels: frozenset[str] = frozenset()
    exchange_sku: str = ""
    exchange_quantity: int = 1
    stacking: Stacking = Stacking.ALONE
    group: str = ""
    with_points: bool = True


@dataclass(frozen=True, slots=True)
class Rejection:
    """A coupon that takes nothing off. `missing` is the money short of the threshold, `other`
    the code of the coupon that it does not go with."""

    code: str
    why: Why
    missing: Decimal = Decimal(0)
    other: str = ""


@dataclass(slots=True)
class Settled:
    discounts: list[Discount] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def settle(lines: Sequence[Line], coupons: Mapping[str, Terms]) -> Settled:
    """What these coupons (by code) take off these lines, in the declared order.

    A coupon that does not go with one before it, or finds nothing to count, is rejected, and the
    others come off all the same. No line ever pays less than nothing.
    """
    left = {line.line_no: _fen(line.amount) for line in lines}
    taken_units: dict[int, Decimal] = {}
    settled = Settled()
    used: list[tuple[str, Terms]] = []
    for code, terms in sorted(coupons.items(), key=_place):
        other = next((seen for seen, theirs in used if not goes_with(terms, theirs)), None)
        if other is not None:
            settled.rejections.append(Rejection(code, Why.NOT_TOGETHER, other=other))
            continue
        shares = _take(code, terms, lines, left, taken_units)
        if isinstance(shares, Rejection):
            settled.rejections.append(shares)
            continue
        used.append((code, terms))
        for number, fen in shares.items():
            left[number] -= fen
        settled.discounts.append(_discount(code, terms, shares))
    return settled


def goes_with(one: Terms, other: Terms) -> bool:
    """Whether two coupons may be used at one purchase: each must allow the other."""
    return _allows(one, other) and _allows(other, one)


def counts(terms: Terms, line: Line) -> bool:
    """Whether a coupon counts a line. An exchange counts its own article, whatever its labels."""
    if terms.kind is Kind.FREE_DELIVERY:
        return line.kind == "freight"
    if line.kind != "goods":
        return False
    if terms.kind is Kind.EXCHANGE:
        return line.sku == terms.exchange_sku
    return _in_scope(terms, line)


def share(total: int, weights: Mapping[int, int]) -> dict[int, int]:
    """`total` divided in proportion to `weights`, to the last unit, largest remainder first.

    No part is more than its weight while the total is not more than all of them; parts of
    nothing are left out.
    """
    whole = sum(weights.values())
    if total <= 0 or whole <= 0:
        return {}
    parts = {number: total * weight // whole for number, weight in weights.items()}
    rest = total - sum(parts.values())
    by_remainder = sorted(weights, key=lambda n: (-(total * weights[n] % whole), n))
    for number in by_remainder[:rest]:
        parts[number] += 1
    return {number: part for number, part in parts.items() if part}


def part_of(
    by_line: Mapping[int, Decimal], returned: Mapping[int, tuple[Decimal, Decimal]]
) -> Decimal:
    """The share of a discount that belongs to what is returned: line → (returned, bought).

    By the fen and downwards for a part of a line, so that parts never add up to more than the
    line's share; a line returned whole has its share whole.
    """
    found = Decimal(0)
    for number, (quantity, bought) in returned.items():
        whole = by_line.get(number, Decimal(0))
        if bought > 0:
            found += (whole * min(quantity, bought) / bought).quantize(FEN, ROUND_DOWN)
    return found


def _place(item: tuple[str, Terms]) -> tuple[int, str]:
    return (list(Kind).index(item[1].kind), item[0])


def _allows(one: Terms, other: Terms) -> bool:
    if one.stacking is Stacking.ALONE:
        return False
    if one.stacking is Stacking.OTHER_KINDS:
        return one.kind is not other.kind
    return one.group != other.group


def _in_scope(terms: Terms, line: Line) -> bool:
    if terms.excluded_labels & line.labels:
        return False
    if not terms.skus and not terms.categories:
        return True
    return line.sku in terms.skus or not terms.categories.isdisjoint(line.category)


def _take(
    code: str,
    terms: Terms,
    lines: Sequence[Line],
    left: Mapping[int, int],
    taken_units: dict[int, Decimal],
) -> dict[int, int] | Rejection:
    """Fen by line, all more than nothing, or why there are none."""
    counted = [line for line in lines if counts(terms, line) and line.amount > 0]
    if not counted:
        return Rejection(code, Why.NOTHING_COUNTS)
    missing = _missing(terms, lines, left)
    if missing > 0:
        return Rejection(code, Why.BELOW_THRESHOLD, missing=_yuan(missing))
    if terms.kind is Kind.EXCHANGE:
        shares = _exchanged(terms, counted, left, taken_units)
    else:
        weights = {line.line_no: left[line.line_no] for line in counted}
        shares = share(_sum_off(terms, sum(weights.values())), weights)
    return shares or Rejection(code, Why.NOTHING_LEFT)


def _missing(terms: Terms, lines: Iterable[Line], left: Mapping[int, int]) -> int:
    """Fen short of the threshold. For delivery and exchanges the goods in scope are what must
    reach it; for the others, what they count: always what earlier coupons have left."""
    worth = sum(
        left[line.line_no] for line in lines if line.kind == "goods" and _in_scope(terms, line)
    )
    return _fen(terms.threshold) - worth


def _sum_off(terms: Terms, worth: int) -> int:
    if terms.kind is Kind.PERCENT:
        off = int((worth * terms.percent / 100).to_integral_value(ROUND_HALF_UP))
    elif terms.kind is Kind.FREE_DELIVERY:
        off = worth
    else:
        off = _fen(terms.amount)
    bounds = [off, worth] if terms.cap is None else [off, worth, _fen(terms.cap)]
    return max(0, min(bounds))


def _exchanged(
    terms: Terms, counted: Sequence[Line], left: Mapping[int, int], taken: dict[int, Decimal]
) -> dict[int, int]:
    """The price of so many pieces, of lines in their order; pieces that an earlier coupon has
    exchanged are not exchanged again."""
    wanted = Decimal(terms.exchange_quantity)
    shares: dict[int, int] = {}
    for line in sorted(counted, key=lambda one: one.line_no):
        before = taken.get(line.line_no, Decimal(0))
        units = min(wanted, line.quantity - before)
        if units <= 0:
            continue
        whole = _fen(line.amount)
        upto = int(whole * (before + units) / line.quantity)
        fen = min(upto - int(whole * before / line.quantity), left[line.line_no])
        taken[line.line_no] = before + units
        wanted -= units
        if fen > 0:
            shares[line.line_no] = fen
    return shares


def _discount(code: str, terms: Terms, shares: Mapping[int, int]) -> Discount:
    by_line = {number: _yuan(fen) for number, fen in sorted(shares.items())}
    return Discount(code, _yuan(sum(shares.values())), by_line, terms.with_points)


def _fen(yuan: Decimal) -> int:
    return int((yuan * 100).to_integral_value(ROUND_HALF_UP))


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)
