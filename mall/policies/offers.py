"""Whether a member may have a reward now, and if not, why. Pure: facts in, an answer out.

The reasons come in the order in which a person can act on them: what is true for everybody
first, then what it takes to be let in, then what is used up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

NO_DETAIL: Mapping[str, Any] = {}
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a stable code with the figures of its sentence."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gate:
    """A level that opens something: its rank, and its name for the sentence."""

    rank: int
    name: str


@dataclass(frozen=True, slots=True)
class Shopper:
    """Who asks. `rank` is the place of the level, None while there are no levels; a guest has
    the lowest. `early` is by how much the level lets its members in before others."""

    member_id: int | None
    rank: int | None
    early: timedelta = timedelta(0)

    @property
    def is_guest(self) -> bool:
        return self.member_id is None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the reward: windows, gates, and what the shopper had of it so far.

    `taken_*` are pieces of this member; `spent` are yuan paid within the days that count.
    """

    is_mall_open: bool
    is_on: bool
    starts_at: datetime | None
    ends_at: datetime | None
    shelf: Gate | None
    level: Gate | None
    segment: str
    is_in_segment: bool
    is_by_invitation: bool
    spend_min: Decimal | None
    spend_days: int
    spent: Decimal
    order_max: int
    day_max: int | None
    month_max: int | None
    ever_max: int | None
    taken_day: int
    taken_month: int
    taken_ever: int


@dataclass(frozen=True, slots=True)
class Stock:
    """The variant that is asked for."""

    is_on: bool
    is_counted: bool
    remaining: int
    starts_at: datetime | None


def is_visible(terms: Terms) -> bool:
    """Whether the shopper may know of the reward at all."""
    return terms.is_on and (not terms.is_by_invitation or terms.is_in_segment)


def refusals(
    terms: Terms, stock: Stock, shopper: Shopper, *, quantity: int, at: datetime
) -> Iterator[Reason]:
    """Everything that stands in the way of `quantity` pieces, the first thing first.

    Points are not among it: the ledger knows them, under its lock.
    """
    yield from _of_the_offer(terms, stock, shopper, at)
    yield from _of_the_shopper(terms, shopper)
    yield from _of_limits(terms, quantity)
    yield from _of_stock(stock, quantity)


def first_refusal(
    terms: Terms, stock: Stock, shopper: Shopper, *, quantity: int, at: datetime
) -> Reason | None:
    return next(refusals(terms, stock, shopper, quantity=quantity, at=at), None)


def most(terms: Terms, stock: Stock) -> int:
    """How many pieces limits and stock leave to the shopper in one order."""
    left = [terms.order_max]
    if stock.is_counted:
        left.append(stock.remaining)
    for limit, taken in (
        (terms.day_max, terms.taken_day),
        (terms.month_max, terms.taken_month),
        (terms.ever_max, terms.taken_ever),
    ):
        if limit is not None:
            left.append(limit - taken)
    return max(min(left), 0)


def _of_the_offer(terms: Terms, stock: Stock, shopper: Shopper, at: datetime) -> Iterator[Reason]:
    if not terms.is_mall_open:
        yield Reason("mall_closed")
    if not is_visible(terms):
        yield Reason("reward_unknown")
    if terms.starts_at is not None and at < terms.starts_at - shopper.early:
        yield Reason("not_started", {"at": terms.starts_at - shopper.early})
    if terms.ends_at is not None and at >= terms.ends_at:
        yield Reason("ended")
    if not stock.is_on:
        yield Reason("variant_not_offered")
    if stock.starts_at is not None and at >= stock.starts_at:
        yield Reason("experience_over")


def _of_the_shopper(terms: Terms, shopper: Shopper) -> Iterator[Reason]:
    gates = [gate for gate in (terms.shelf, terms.level) if gate is not None]
    if gates:
        gate = max(gates, key=lambda one: one.rank)
        if shopper.is_guest or shopper.rank is None or shopper.rank < gate.rank:
            yield Reason("level_needed", {"level": gate.name})
    if terms.segment and not terms.is_in_segment:
        yield Reason("segment_needed")
    if terms.spend_min is not None and terms.spent < terms.spend_min:
        missing = terms.spend_min - terms.spent
        yield Reason(
            "spend_needed",
            {"money": terms.spend_min, "days": terms.spend_days, "missing": missing},
        )


def _of_limits(terms: Terms, quantity: int) -> Iterator[Reason]:
    if quantity > terms.order_max:
        yield Reason("order_limit", {"limit": terms.order_max})
    for code, limit, taken in (
        ("ever_limit", terms.ever_max, terms.taken_ever),
        ("month_limit", terms.month_max, terms.taken_month),
        ("day_limit", terms.day_max, terms.taken_day),
    ):
        if limit is not None and taken + quantity > limit:
            yield Reason(code, {"limit": limit, "left": max(limit - taken, 0)})


def _of_stock(stock: Stock, quantity: int) -> Iterator[Reason]:
    if not stock.is_counted or stock.remaining >= quantity:
        return
    if stock.remaining:
        yield Reason("stock_short", {"left": stock.remaining})
    else:
        yield Reason("sold_out")


@dataclass(frozen=True, slots=True)
class Price:
    """Of one piece. `why` says what made it better than the usual one: level, segment, time."""

    points: int
    money: Decimal
    why: str = ""


def total(price: Price, quantity: int) -> tuple[int, Decimal]:
    """Points and yuan of `quantity` pieces, freight aside."""
    return price.points * quantity, price.money * quantity


def given_back(whole: int, *, pieces: int, before: int, now: int) -> int:
    """The share of `whole` (points, or fen) for `now` more pieces of `pieces`, when `before`
    came back already: any sequence of parts ends where one whole ends."""
    return whole * (before + now) // pieces - whole * before // pieces
