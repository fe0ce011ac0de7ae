"""What a reward should cost in points (F47), and whether its price gives away too much.

Worth of a price = points ÷ points per yuan + yuan. Worked example, 100 points to the yuan, cost
¥12, market value ¥20, all of the worth may be cost:

| step | points |
|---|---|
| market value ¥20 × 100 | 2,000 |
| slow mover: a fifth off | 1,600 |
| never below its cost: ¥12 ÷ 100 % × 100 | 1,200 |
| rounded up to a price that reads well | 1,600 |
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

SLOW_DAYS = 90
SCARCE_DAYS = 14
SLOW_FACTOR = Fraction(4, 5)
SCARCE_FACTOR = Fraction(11, 10)
# Days on the shelf before nothing sold means that it does not sell.
FAIR_TRIAL_DAYS = 30
_SOLD_OVER_DAYS = 30
# Prices below the first number are rounded up to multiples of the second.
_ROUND = ((100, 1), (1000, 10), (10_000, 50), (100_000, 100))
_ROUND_REST = 1000


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a reward. `stock` None: not counted. `sold`: pieces of thirty days."""

    cost: Decimal | None
    market_value: Decimal | None
    money: Decimal = Decimal(0)
    stock: int | None = None
    sold: int = 0
    days_listed: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What points are worth, and which share of the worth may be cost, in per cent."""

    points_per_yuan: int
    target_margin: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the arithmetic: its name, the points after it, and the figures it used."""

    code: str
    points: int
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    points: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`share` is cost ÷ worth in per cent, rounded up to tenths so that it never flatters."""

    share: Decimal
    worth: Decimal
    is_over: bool


def proposal(facts: Facts, terms: Terms) -> Proposal | None:
    """A price in points beside the money part; None where neither cost nor value is known."""
    floor = _floor(facts, terms)
    start = _start(facts, terms, floor)
    if start is None:
        return None
    steps = [start]
    value = Fraction(start.points)
    pace = _pace(facts)
    if pace is not None:
        code, factor, figures = pace
        value *= factor
        steps.append(Step(code, ceil(value), figures))
    if facts.money:
        value -= Fraction(facts.money) * terms.points_per_yuan
        steps.append(Step("money", max(0, ceil(value)), (("money", f"{facts.money:.2f}"),)))
    if floor is not None and value < floor:
        value = Fraction(floor)
        steps.append(Step("floor", floor, (("cost", f"{facts.cost:.2f}"),)))
    points = well_read(max(1, ceil(value)))
    steps.append(Step("rounded", points))
    return Proposal(points, tuple(steps))


def _start(facts: Facts, terms: Terms, floor: int | None) -> Step | None:
    if facts.market_value:
        points = ceil(Fraction(facts.market_value) * terms.points_per_yuan)
        return Step("value", points, (("value", f"{facts.market_value:.2f}"),))
    if floor is None:
        return None
    whole = floor + ceil(Fraction(facts.money) * terms.points_per_yuan)
    return Step("cost", whole, (("cost", f"{facts.cost:.2f}"),))


def _floor(facts: Facts, terms: Terms) -> int | None:
    """The points at which cost is exactly its share of the worth; at least none."""
    if not facts.cost:
        return None
    worth = Fraction(facts.cost) * 100 / Fraction(terms.target_margin) - Fraction(facts.money)
    return max(0, ceil(worth * terms.points_per_yuan))


def _pace(facts: Facts) -> tuple[str, Fraction, tuple[tuple[str, str], ...]] | None:
    """A fifth off what lies for a quarter of a year, a tenth on what is gone in two weeks."""
    if not facts.stock:
        return None
    if not facts.sold:
        is_tried = facts.days_listed >= FAIR_TRIAL_DAYS
        return ("unsold", SLOW_FACTOR, (("stock", str(facts.stock)),)) if is_tried else None
    days = facts.stock * _SOLD_OVER_DAYS // facts.sold
    figures = (("stock", str(facts.stock)), ("sold", str(facts.sold)), ("days", str(days)))
    if days > SLOW_DAYS:
        return "slow", SLOW_FACTOR, figures
    return ("scarce", SCARCE_FACTOR, figures) if days < SCARCE_DAYS else None


def well_read(points: int) -> int:
    """Rounded up to a price that people read at a glance: 1,234 → 1,250."""
    step = next((step for below, step in _ROUND if points < below), _ROUND_REST)
    return -(-points // step) * step


def judged(cost: Decimal | None, points: int, money: Decimal, terms: Terms) -> Judgement | None:
    """Whether the price gives away more than the merchant means to; None without a cost."""
    if cost is None or points < 1:
        return None
    worth = Fraction(points, terms.points_per_yuan) + Fraction(money)
    share = Fraction(cost) * 100 / worth
    tenths = ceil(share * 10)
    return Judgement(
        share=Decimal(tenths).scaleb(-1),
        worth=Decimal(int(worth * 100)) / 100,
        is_over=share > Fraction(terms.target_margin),
    )
