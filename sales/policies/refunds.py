"""What goes back with returned goods, by how they were paid: points, coupons, money (F74–F76).

A purchase knows line by line what paid it. What has gone back in all depends only on how much of
each line is back, so any sequence of returns that brings everything back ends where one does.
Pure; inner figures are ten-thousandths of a yuan.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.policies.numbers import SCALE, scaled, unscaled
from campaigns.policies.returns import SoldLine
from sales.policies.deductions import apportioned

_FEN = SCALE // 100


class PaidLine(NamedTuple):
    """How one line was paid: by coupon and by points, in yuan, and with how many points."""

    line_no: int
    by_coupon: Decimal
    by_points: Decimal
    points: int


class Back(NamedTuple):
    """What goes back: spent points, the yuan they had paid, the coupons' yuan, and money."""

    points: int = 0
    by_points: Decimal = Decimal(0)
    by_coupon: Decimal = Decimal(0)
    money: Decimal = Decimal(0)

    def minus(self, other: "Back") -> "Back":
        return Back(
            self.points - other.points,
            self.by_points - other.by_points,
            self.by_coupon - other.by_coupon,
            self.money - other.money,
        )


def plan_json(
    lines: Sequence[PaidLine], *, reference: str = "", coupons_of: str = ""
) -> dict[str, Any]:
    """How a checkout was paid, to be kept. `reference` is the hold of its points, if any,
    `coupons_of` the order under which its coupons were used, if any."""
    rows = [[no, str(coupon), str(yuan), points] for no, coupon, yuan, points in lines]
    return {"reference": reference, "coupons_of": coupons_of, "lines": rows}


def paid_lines(plan: Mapping[str, Any]) -> list[PaidLine]:
    """What `plan_json` has kept."""
    return [
        PaidLine(no, Decimal(coupon), Decimal(yuan), points)
        for no, coupon, yuan, points in plan["lines"]
    ]


def spread(lines: Sequence[SoldLine], by_coupon: Decimal, by_points: Decimal) -> list[PaidLine]:
    """How lines were paid where nobody said it line by line: in proportion to their amounts.

    The points themselves are none of ours then.
    """
    amounts = [scaled(line.amount) for line in lines]
    coupons = apportioned(scaled(by_coupon), amounts)
    left = [amount - coupon for amount, coupon in zip(amounts, coupons, strict=True)]
    points = apportioned(scaled(by_points), left)
    return [
        PaidLine(line.line_no, Decimal(coupon) / SCALE, Decimal(yuan) / SCALE, 0)
        for line, coupon, yuan in zip(lines, coupons, points, strict=True)
    ]


def between(
    paid: Sequence[PaidLine], before: Sequence[SoldLine], after: Sequence[SoldLine]
) -> Back:
    """What goes back when the returned quantities grow from `before` to `after`."""
    return returned(paid, after).minus(returned(paid, before))


def returned(paid: Sequence[PaidLine], lines: Sequence[SoldLine]) -> Back:
    """What has gone back in all: points rounded down by line, money half up to a whole fen."""
    by_line = {line.line_no: line for line in paid}
    points = coupon = yuan = money = 0
    for line in lines:
        if not line.returned:
            continue
        own = by_line.get(line.line_no, PaidLine(line.line_no, Decimal(0), Decimal(0), 0))
        amount, by_coupon, by_points = map(scaled, (line.amount, own.by_coupon, own.by_points))
        points += _part(own.points, line)
        coupon += _part(by_coupon, line)
        yuan += _part(by_points, line)
        money += _part(amount - by_coupon - by_points, line)
    return Back(points, _to_fen(yuan), _to_fen(coupon), _to_fen(money))


def is_whole(lines: Sequence[SoldLine]) -> bool:
    """Whether everything is back."""
    return all(line.returned == line.quantity for line in lines)


def _part(whole: int, line: SoldLine) -> int:
    return whole * scaled(line.returned) // scaled(line.quantity)


def _to_fen(value: int) -> Decimal:
    return Decimal((value + _FEN // 2) // _FEN) / 100


def told(back: Back) -> dict[str, Any]:
    """For an explanation: figures as text, without what is nothing."""
    found: dict[str, Any] = {"points": back.points} if back.points else {}
    for name in ("by_points", "by_coupon", "money"):
        if value := getattr(back, name):
            found[name] = unscaled(scaled(value))
    return found
