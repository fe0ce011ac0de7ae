"""What stores owe each other for a month's points: pure, exact to the fen."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from points.policies import in_yuan


class Moved(NamedTuple):
    """Points of `issuer` used in `redeemer` (None: head office), returns taken off."""

    issuer: int | None
    redeemer: int | None
    used: int
    given_back: int


class Due(NamedTuple):
    """What the issuer owes the redeemer, in yuan; below zero after more returns than uses."""

    issuer: int | None
    redeemer: int | None
    used: int
    given_back: int
    points: int
    yuan: Decimal

    @property
    def is_own(self) -> bool:
        """A store's own points: used, and nobody owes anybody."""
        return self.issuer == self.redeemer


@dataclass(slots=True)
class Party:
    """A store in the settlement: what others owe it, what it owes, and what is left."""

    store: int | None
    receives: Decimal = Decimal(0)
    pays: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        """Above zero: it receives; all of them together are zero."""
        return self.receives - self.pays


def dues(moved: Iterable[Moved], *, points_per_yuan: int) -> list[Due]:
    """Each pair's due, rounded half up to a fen by pair, so that the table adds up."""
    return [
        Due(*one, points=points, yuan=_worth(points, points_per_yuan))
        for one in moved
        for points in [one.used - one.given_back]
    ]


def parties(found: Iterable[Due]) -> list[Party]:
    """Every store that owes or is owed, with its sums; head office first, then by id."""
    by_store: dict[int | None, Party] = {}
    for due in found:
        if due.is_own:
            continue
        debtor, creditor = due.issuer, due.redeemer
        by_store.setdefault(debtor, Party(debtor)).pays += due.yuan
        by_store.setdefault(creditor, Party(creditor)).receives += due.yuan
    return sorted(by_store.values(), key=lambda party: party.store or 0)


def _worth(points: int, points_per_yuan: int) -> Decimal:
    yuan = in_yuan(abs(points), points_per_yuan)
    return -yuan if points < 0 else yuan
