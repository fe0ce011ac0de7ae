"""How many points may be money at a checkout, and why not more (F57–F61).

Pure and exact: money is whole fen, points are whole numbers, every share adds up to its whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any, NamedTuple

_FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the merchant has set. None of a cap: there is no such cap.

    `order_share` and `balance_share` are the two readings of "at most half": percent of the order
    that points may pay, and percent of the member's points that may go in one order.
    """

    is_on: bool = True
    points_per_yuan: int = 100
    order_cap: Decimal | None = None
    order_share: int | None = None
    balance_share: int | None = None
    points_min: int = 0
    points_step: int = 1
    order_min: Decimal = Decimal(0)
    pays_freight: bool = False
    excluded_categories: frozenset[str] = frozenset()
    excluded_labels: frozenset[str] = frozenset()
    excluded_skus: frozenset[str] = frozenset()


class BasketLine(NamedTuple):
    """A line that is to be paid; `amount` is yuan, coupons already taken off.

    `category` has the codes of the article's category and of everything above it.
    """

    line_no: int
    sku: str
    category: tuple[str, ...]
    labels: frozenset[str]
    is_freight: bool
    amount: Decimal


class Reason(NamedTuple):
    """Why points cannot pay more: a code and its figures, for a sentence."""

    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Most:
    """The most that points can pay of a basket. `yuan` is exact to the fen."""

    points: int = 0
    yuan: Decimal = Decimal(0)
    reasons: tuple[Reason, ...] = ()


class Share(NamedTuple):
    """What points pay of one line."""

    line_no: int
    yuan: Decimal
    points: int


@dataclass(slots=True)
class _Basket:
    payable: dict[int, int] = field(default_factory=dict)
    order: int = 0
    excluded: int = 0
    freight: int = 0


def most(lines: Iterable[BasketLine], terms: Terms, *, balance: int) -> Most:
    """The most points that may be used, the fewest that are worth as much, and what binds.

    `balance` is what the member has to use. Of limits that bind alike, each is told.
    """
    if not terms.is_on:
        return Most(reasons=(Reason("deduction_off", {}),))
    basket = _sorted(lines, terms)
    told = list(_left_out(basket))
    if basket.order < _fen(terms.order_min):
        missing = _yuan(_fen(terms.order_min) - basket.order)
        told.append(Reason("order_too_small", {"least": terms.order_min, "missing": missing}))
        return Most(reasons=tuple(told))
    payable = sum(basket.payable.values())
    if not payable:
        return Most(reasons=(*told, Reason("nothing_payable", {})))
    ceilings = [*_ceilings(basket.order, payable, terms, max(balance, 0))]
    top = min(points for points, _reason in ceilings)
    told += [reason for points, reason in ceilings if points == top]
    step = max(terms.points_step, 1)
    points = fewest(top // step * step, terms)
    if top - points >= 1 and step > 1 and worth(top, terms) > worth(points, terms):
        told.append(Reason("points_step", {"step": step}))
    if points < terms.points_min:
        told.append(Reason("points_min", {"least": terms.points_min}))
        points = 0
    return Most(points, worth(points, terms), tuple(told))


def fault_of(points: int, limit: Most, terms: Terms) -> Reason | None:
    """Why so many points cannot be used at this checkout; None when they can."""
    if points > limit.points:
        return Reason("points_above_most", {"most": limit.points})
    if points < terms.points_min:
        return Reason("points_min", {"least": terms.points_min})
    if points % max(terms.points_step, 1):
        return Reason("points_step", {"step": terms.points_step})
    if not worth(points, terms):
        return Reason("points_worth_nothing", {})
    return None


def worth(points: int, terms: Terms) -> Decimal:
    """Yuan that points pay, down to a whole fen."""
    return _yuan(points * 100 // terms.points_per_yuan)


def fewest(points: int, terms: Terms) -> int:
    """The fewest points, in whole steps, that pay as much as `points`: none are thrown away."""
    fen = points * 100 // terms.points_per_yuan
    if not fen:
        return 0
    step = max(terms.points_step, 1)
    needed = -(-fen * terms.points_per_yuan // 100)
    return min(-(-needed // step) * step, points)


def shares(lines: Iterable[BasketLine], terms: Terms, points: int) -> list[Share]:
    """What the points pay of each payable line: fen and points add up exactly."""
    payable = _sorted(lines, terms).payable
    places = [line_no for line_no, fen in payable.items() if fen]
    fen = apportioned(points * 100 // terms.points_per_yuan, [payable[no] for no in places])
    parts = apportioned(points, fen)
    return [
        Share(line_no, _yuan(one), part)
        for line_no, one, part in zip(places, fen, parts, strict=True)
        if one or part
    ]


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole shares by `weights`, the largest remainders rounded up, the first first.

    No share exceeds its weight where the total does not exceed the weights.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    found = [total * weight // whole for weight in weights]
    left = total - sum(found)
    by_rest = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for place in by_rest[:left]:
        found[place] += 1
    return found


def _sorted(lines: Iterable[BasketLine], terms: Terms) -> _Basket:
    """What of the basket counts as the order, and what of it points may pay."""
    basket = _Basket()
    for line in lines:
        fen = _fen(line.amount)
        if line.is_freight and not terms.pays_freight:
            basket.freight += fen
            continue
        basket.order += fen
        if not line.is_freight and is_excluded(line, terms):
            basket.excluded += fen
        else:
            basket.payable[line.line_no] = fen
    return basket


def is_excluded(line: BasketLine, terms: Terms) -> bool:
    """Whether the merchant has left these goods out (F60); a category with all below it."""
    return (
        line.sku in terms.excluded_skus
        or not terms.excluded_categories.isdisjoint(line.category)
        or not terms.excluded_labels.isdisjoint(line.labels)
    )


def _left_out(basket: _Basket) -> Iterable[Reason]:
    if basket.excluded:
        yield Reason("goods_excluded", {"yuan": _yuan(basket.excluded)})
    if basket.freight:
        yield Reason("freight_excluded", {"yuan": _yuan(basket.freight)})


def _ceilings(order: int, payable: int, terms: Terms, balance: int) -> Iterable[tuple[int, Reason]]:
    """Every limit in points, with what it is."""

    def points(fen: int) -> int:
        return fen * terms.points_per_yuan // 100

    yield points(payable), Reason("all_paid", {"yuan": _yuan(payable)})
    if terms.order_cap is not None:
        yield points(_fen(terms.order_cap)), Reason("order_cap", {"yuan": terms.order_cap})
    if terms.order_share is not None:
        fen = order * terms.order_share // 100
        params = {"share": terms.order_share, "yuan": _yuan(fen)}
        yield points(fen), Reason("order_share", params)
    yield balance, Reason("balance", {"points": balance})
    if terms.balance_share is not None:
        part = balance * terms.balance_share // 100
        yield part, Reason("balance_share", {"share": terms.balance_share, "points": part})


def _fen(yuan: Decimal) -> int:
    return int((yuan * 100).to_integral_value(ROUND_DOWN))


def _yuan(fen: int) -> Decimal:
    return fen * _FEN
