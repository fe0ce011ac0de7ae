"""What a return takes back: by line and quantity, exactly what the returned goods earned (F74).

Each part of a sale (each lot that it granted) knows its points line by line. Of a line's points
as much is taken, in all, as its returned quantity is of its sold quantity, rounded down; the last
piece takes the rest. What is taken depends only on how much of each line is back, so that any
sequence of returns ends where one return of the same goods ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.policies import legacy
from campaigns.policies.judging import EARNED
from campaigns.policies.legacy import SoldLine
from campaigns.policies.numbers import plain, scaled

__all__ = ["PartReturn", "SoldLine", "back_from", "judged_again", "share_of"]

RETURNED = "returned"


class PartReturn(NamedTuple):
    """What a return takes of one part of its sale, in points; `place` is the part's place."""

    place: int
    points: int
    explanation: dict[str, Any]


def back_from(
    explanation: Mapping[str, Any],
    *,
    sale: str,
    before: Sequence[SoldLine],
    after: Sequence[SoldLine],
) -> list[PartReturn]:
    """What goes off when the returned quantities of a sale grow from `before` to `after`.

    One answer for each part that loses something; the sale's explanation tells what it earned.
    """
    if explanation["type"] == "purchase":
        return _legacy(explanation, sale, before, after)
    if explanation["type"] != EARNED:
        return []
    found = []
    for place, part in enumerate(explanation["parts"]):
        told = _part(part, before, after)
        if not told["result"]:
            continue
        told = {"type": RETURNED, "sale": sale, "rule": explanation["rule"]} | told
        if len(explanation["parts"]) > 1:
            told["part"] = place
        found.append(PartReturn(place, told["result"], told))
    return found


def judged_again(explanation: Mapping[str, Any]) -> int:
    """The result of a return's explanation, computed again from its stored inputs (I21)."""
    lines = explanation["lines"]
    total = sum(_share(earned, quantity, now) for _no, earned, quantity, _before, now in lines)
    before = sum(_share(earned, quantity, was) for _no, earned, quantity, was, _now in lines)
    return total - before


def _part(
    part: Mapping[str, Any], before: Sequence[SoldLine], after: Sequence[SoldLine]
) -> dict[str, Any]:
    earned = dict(part["lines"])
    lines = []
    total = taken = 0
    for was, now in zip(before, after, strict=True):
        points = earned.get(now.line_no)
        if not points or not now.returned:
            continue
        row = [plain(now.quantity), plain(was.returned), plain(now.returned)]
        lines.append([now.line_no, points, *row])
        total += _share(points, row[0], row[2])
        taken += _share(points, row[0], row[1])
    return {
        "earned": part["points"],
        "lines": lines,
        "before": taken,
        "total": total,
        "result": total - taken,
    }


def share_of(points: int, quantity: Decimal, returned: Decimal) -> int:
    """Of a line's points, what goes off in all when so much of its quantity is back."""
    return points * scaled(returned) // scaled(quantity)


def _share(points: int, quantity: str, returned: str) -> int:
    return share_of(points, Decimal(quantity), Decimal(returned))


def _legacy(
    explanation: Mapping[str, Any],
    sale: str,
    before: Iterable[SoldLine],
    after: Sequence[SoldLine],
) -> list[PartReturn]:
    total = legacy.taken_back(explanation, after)
    taken = legacy.taken_back(explanation, before)
    told = {
        "type": "linked_return",
        "sale": sale,
        "rule": explanation["rule"],
        "earned": explanation["result"],
        "returned": [[line.line_no, plain(line.returned)] for line in after if line.returned],
        "before": taken,
        "total": total,
        "result": total - taken,
    }
    return [PartReturn(0, total - taken, told)] if total > taken else []
