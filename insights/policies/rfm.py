"""Recency, frequency, money: which group a member belongs to, and where quintiles lie.

Days are whole days of the shop's zone, amounts whole ten-thousandths of a yuan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

VIP, ACTIVE, NEW, SLEEPING, LOST = GROUPS = ("vip", "active", "new", "sleeping", "lost")
SCORES = (1, 2, 3, 4, 5)
UNIT = 10_000
_FIFTHS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the merchant says of the groups.

    `window_days`: purchases and yuan are counted within so many days, the last one included.
    """

    window_days: int = 365
    sleeping_days: int = 90
    lost_days: int = 180
    vip_purchases: int = 6
    vip_yuan: Decimal = Decimal(2000)
    new_days: int = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """The thresholds as of a day: each the first or last date that still counts."""

    window_from: date
    lost_to: date
    sleeping_to: date
    new_from: date
    vip_purchases: int
    vip_amount: int


def limits(thresholds: Thresholds, as_of: date) -> Limits:
    """`n` days of silence are full on the n-th day after the purchase; a window of `n` days, and
    being new for `n` days, both count the day itself."""
    return Limits(
        window_from=as_of - timedelta(days=thresholds.window_days - 1),
        lost_to=as_of - timedelta(days=thresholds.lost_days),
        sleeping_to=as_of - timedelta(days=thresholds.sleeping_days),
        new_from=as_of - timedelta(days=thresholds.new_days - 1),
        vip_purchases=thresholds.vip_purchases,
        vip_amount=int(thresholds.vip_yuan * UNIT),
    )


def group_of(at: Limits, *, first_on: date, last_on: date, purchases: int, amount: int) -> str:
    """The one group of a member who has bought. Silence goes before wealth, wealth before youth:
    lost, sleeping, VIP, new, and everybody else is active."""
    if last_on <= at.lost_to:
        return LOST
    if last_on <= at.sleeping_to:
        return SLEEPING
    if purchases >= at.vip_purchases and amount >= at.vip_amount:
        return VIP
    return NEW if first_on >= at.new_from else ACTIVE


def places(count: int) -> list[int]:
    """Where the four cuts of the quintiles stand among `count` sorted values, from 1 on."""
    return [-(-fifth * count // 5) for fifth in _FIFTHS] if count else []


def score(value: int, cuts: Sequence[int]) -> int:
    """1 to 5: how many cuts lie below the value, plus one. Equal values have equal scores."""
    return 1 + sum(cut < value for cut in cuts)


def proposal(
    current: Thresholds, *, silence: Sequence[int], purchases: Sequence[int], amounts: Sequence[int]
) -> Thresholds:
    """Thresholds by the shop's own quintile cuts: of days since the last purchase over all
    members, of purchases and amounts over those who bought within the window.

    Sleeping are the two fifths that are silent longest, lost the last of them, VIP who is in the
    upper fifth both in purchases and in yuan. What the shop cannot say stays as it is.
    """
    if len(silence) < len(_FIFTHS) or len(purchases) < len(_FIFTHS):
        return current
    sleeping = max(_rounded(silence[2]), 7)
    return Thresholds(
        window_days=current.window_days,
        sleeping_days=sleeping,
        lost_days=max(_rounded(silence[3]), sleeping + 7),
        vip_purchases=max(purchases[3], 2),
        vip_yuan=Decimal(_rounded(amounts[3] // UNIT)) if len(amounts) == 4 else current.vip_yuan,
        new_days=min(current.new_days, sleeping),
    )


def _rounded(value: int) -> int:
    """Two digits that a person would have chosen: 87 → 85, 1 234 → 1 200; at least 1."""
    if value < 10:
        return max(value, 1)
    size = int(10 ** (len(str(value)) - 1))
    step = max(size // 2 if value < 100 else size // 10, 1)
    return max(value - value % step, step)


def shares(counts: Mapping[str, int]) -> dict[str, Decimal]:
    """Per cent of the whole, one decimal."""
    whole = sum(counts.values())
    return {
        name: (Decimal(100 * count) / whole).quantize(Decimal("0.1")) if whole else Decimal(0)
        for name, count in counts.items()
    }
