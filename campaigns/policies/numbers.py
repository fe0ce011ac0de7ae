"""Exact numbers: yuan as whole ten-thousandths, shares without a remainder."""

from collections.abc import Sequence
from decimal import Decimal

# Money is exact to this many parts of a yuan everywhere below: a hundredth of a fen.
SCALE = 10_000


def scaled(number: Decimal) -> int:
    """`number` in ten-thousandths; ValueError rather than a rounded figure."""
    value = number * SCALE
    whole = int(value)
    if whole != value:
        raise ValueError(f"{number} has more than four decimals")
    return whole


def plain(number: Decimal) -> str:
    """The shortest exact notation: `250`, `88.8`, never an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def unscaled(value: int) -> str:
    """Ten-thousandths of a yuan in the shortest exact notation."""
    whole, rest = divmod(value, SCALE)
    return f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole shares by `weights`; they add up to `total` exactly.

    Every running sum is rounded down, so the remainder is with the last: the same input always
    gives the same shares, and no share is negative where no weight is. Without any weight all
    count alike.
    """
    whole = sum(weights)
    if not whole:
        weights, whole = [1] * len(weights), len(weights)
    shares, run, given = [], 0, 0
    for weight in weights:
        run += weight
        now = total * run // whole
        shares.append(now - given)
        given = now
    return shares
