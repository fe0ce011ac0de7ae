"""How many points a purchase earns, until when they count, and what a return takes back.

Pure arithmetic on exact numbers. An explanation is the dictionary that the ledger keeps with the
entry: it holds every input, so that the result can be computed again from it alone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal
from zoneinfo import ZoneInfo

Method = Literal["ratio", "block"]
Floor = Literal["receipt", "line"]
Validity = Literal["months", "days", "never"]

# Money is exact to this many decimals everywhere below: a hundredth of a fen.
_SCALE = 10_000


@dataclass(frozen=True, slots=True)
class RuleVersionData:
    """One published version of the earning rule.

    `ratio`: `points` for `block_yuan`, in proportion (¥199 at 10 per 100 gives 19).
    `block`: `points` for every whole `block_yuan` (¥199 at 10 per 100 gives 10).
    """

    id: int
    number: int
    starts_at: datetime
    method: Method
    points: int
    block_yuan: Decimal
    floor_at: Floor
    validity: Validity
    validity_count: int
    pending_days: int


@dataclass(frozen=True, slots=True)
class BasketLine:
    line_no: int
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Basket:
    """What was bought, or brought back: amounts are positive in either case."""

    lines: Sequence[BasketLine]
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule gives: whole points, the amount that counted, and the arithmetic as data."""

    points: int
    base: Decimal
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of a sale with how much of it has come back so far."""

    line_no: int
    unit_price: Decimal
    amount: Decimal
    quantity: Decimal
    returned: Decimal


class Timetable:
    """The published versions in order of time; tells which one was in force at an instant."""

    def __init__(self, versions: Iterable[RuleVersionData]) -> None:
        self._versions = sorted(versions, key=lambda v: (v.starts_at, v.number))
        self._starts = [version.starts_at for version in self._versions]

    def at(self, moment: datetime) -> RuleVersionData | None:
        """The version in force at `moment`, or None before the first one."""
        place = bisect_right(self._starts, moment)
        return self._versions[place - 1] if place else None

    def __len__(self) -> int:
        return len(self._versions)


def judge(rule: RuleVersionData, basket: Basket) -> Judgement:
    """Points that `basket` is worth under `rule` (F01, F02). Lines without a price earn nothing.

    Rounds down once per receipt, or once per line, as the rule says; never in between.
    """
    eligible = [line for line in basket.lines if line.unit_price > 0]
    base = sum((line.amount for line in eligible), Decimal(0))
    explanation: dict[str, Any] = {
        "type": "purchase",
        "rule": rule.number,
        "method": rule.method,
        "points": rule.points,
        "block": plain(rule.block_yuan),
        "floor_at": rule.floor_at,
        "currency": basket.currency,
        "base": plain(base),
    }
    if rule.floor_at == "line":
        each = [(line, _points(rule, line.amount)) for line in eligible]
        explanation["lines"] = [[line.line_no, plain(line.amount), got] for line, got in each]
        points = sum(got for _line, got in each)
    else:
        points = _points(rule, base)
    explanation["result"] = points
    return Judgement(points=points, base=base, explanation=explanation)


def unearned(basket: Basket, reason: str) -> Judgement:
    """Nothing, and why: no member to earn it (`no_member`), or no rule yet (`no_rule`)."""
    base = sum((line.amount for line in basket.lines if line.unit_price > 0), Decimal(0))
    return Judgement(
        points=0,
        base=base,
        explanation={
            "type": reason,
            "currency": basket.currency,
            "base": plain(base),
            "result": 0,
        },
    )


def taken_back(explanation: Mapping[str, Any], lines: Iterable[SoldLine]) -> int:
    """All the points that a sale so explained has to give back for what has been returned of it.

    Cumulative: take the difference of two calls for what one return takes. Because it depends
    only on how much of each line is back, any sequence of returns that ends with the same goods
    ends with the same points, and a sale that is wholly returned gives back exactly what it
    earned (F74).
    """
    if explanation["type"] != "purchase":
        return 0
    sold = [line for line in lines if line.unit_price > 0]
    if explanation["floor_at"] == "line":
        earned = {line_no: points for line_no, _amount, points in explanation["lines"]}
        return sum(
            earned[line.line_no] * _scaled(line.returned) // _scaled(line.quantity) for line in sold
        )
    base = Fraction(Decimal(explanation["base"]))
    if not base:
        return 0
    back = sum(
        (
            Fraction(line.amount) * Fraction(line.returned) / Fraction(line.quantity)
            for line in sold
        ),
        Fraction(0),
    )
    return int(explanation["result"] * back // base)


def usable_at(rule: RuleVersionData, at: datetime) -> datetime:
    """When points earned at `at` become usable: at once, or `pending_days` later (F31)."""
    return at + timedelta(days=rule.pending_days)


def expires_at(rule: RuleVersionData, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant from which points earned at `at` no longer count; None for never (F62, F66).

    It is the start of a day in the store's `zone`: points earned on 9 December with twelve
    months are dead from 9 December 00:00 of the next year. Where the month has no such day
    (31 January and one month, 29 February and twelve) they last through the month's end.
    """
    if rule.validity == "never":
        return None
    day = at.astimezone(zone).date()
    if rule.validity == "days":
        end = day + timedelta(days=rule.validity_count)
    else:
        end = _months_later(day, rule.validity_count)
    return datetime.combine(end, time.min, tzinfo=zone)


def recomputed(explanation: Mapping[str, Any]) -> int:
    """The result of an earning explanation, computed again from its stored inputs (I21)."""
    if explanation["type"] != "purchase":
        return 0
    terms = (explanation["method"], explanation["points"], Decimal(explanation["block"]))
    if explanation["floor_at"] == "line":
        return sum(
            _points_of(*terms, Decimal(amount))
            for _line_no, amount, _points in explanation["lines"]
        )
    return _points_of(*terms, Decimal(explanation["base"]))


def plain(number: Decimal) -> str:
    """The shortest exact notation: `250`, `88.8`, never an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _points(rule: RuleVersionData, amount: Decimal) -> int:
    return _points_of(rule.method, rule.points, rule.block_yuan, amount)


def _points_of(method: str, points: int, block_yuan: Decimal, amount: Decimal) -> int:
    money, block = _scaled(amount), _scaled(block_yuan)
    if method == "block":
        return money // block * points
    return money * points // block


def _scaled(number: Decimal) -> int:
    """`number` in ten-thousandths; ValueError rather than a rounded figure."""
    scaled = number * _SCALE
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{number} has more than four decimals")
    return whole


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        # No such day: the first of the following month, in the member's favour.
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)
