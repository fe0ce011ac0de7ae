"""What a purchase, an act or a return adds to growth."""

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from tiers.policies.ladders import SCALE, Basis


class Figures(NamedTuple):
    """Growth by where it comes from. `spent` is ten-thousandths of a yuan; the rest is points.

    All are kept, whatever the merchant's basis is, so that it can be changed and tried out.
    """

    spent: int = 0
    bought: int = 0
    acted: int = 0
    adjusted: int = 0

    def units(self, basis: Basis) -> int:
        """Ten-thousandths of growth on this basis."""
        if basis is Basis.SPENT:
            return self.spent + self.adjusted * SCALE
        acted = self.acted if basis is Basis.EARNED else 0
        return (self.bought + acted + self.adjusted) * SCALE

    def plus(self, other: "Figures") -> "Figures":
        return Figures(*(own + more for own, more in zip(self, other, strict=True)))


NOTHING = Figures()


@dataclass(frozen=True, slots=True)
class Movement:
    """What one receipt, return, act or correction changes in the growth of one day.

    `cause` is the reference of what happened; a return names in `returns` the purchase's.
    """

    member_id: int
    day: date
    figures: Figures
    cause: str
    returns: str = ""

    def of(self, member_id: int) -> "Movement":
        return replace(self, member_id=member_id)


def whole(units: int) -> int:
    """Growth as people see it: whole, rounded down, never below zero."""
    return max(units // SCALE, 0)


def money_left(*, total: int, not_money: int, returned: int) -> int:
    """What is still paid in money of a purchase, of which `returned` (of `total`) came back.

    All in ten-thousandths of a yuan. What a coupon or points paid comes back in proportion, so any
    sequence of returns that brings everything back ends at zero.
    """
    money = max(total - not_money, 0)
    if returned <= 0 or total <= 0:
        return money
    return money - money * min(returned, total) // total
