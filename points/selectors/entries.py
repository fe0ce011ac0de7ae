"""Entries, lots and what took from which, as pages and doors show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.db.models import Exists, F, Model, OuterRef, QuerySet, Subquery

from points.models import Account, Entry, Hold, Lot, LotUse

SHOWN_MAX = 100
"""Rows of one entry that a page or an answer shows; an entry may have thousands."""

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """The first rows of several, and how many there are in all."""

    rows: list[Row]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def first(rows: QuerySet[Row]) -> Part[Row]:
    """The first `SHOWN_MAX` rows. One query; the rest is counted only where there is one."""
    found = list(rows[: SHOWN_MAX + 1])
    total = len(found) if len(found) <= SHOWN_MAX else rows.count()
    return Part(found[:SHOWN_MAX], total)


def entries(member_id: int, *, unit: str = Account.Unit.POINTS) -> QuerySet[Entry]:
    """The member's entries, newest first.

    By the account's id in a subquery, so that a page is read from the end of the index however
    many entries there are.
    """
    account = Account.objects.filter(member_id=member_id, unit=unit).values("pk")[:1]
    return Entry.objects.filter(account_id=account).select_related("store").order_by("-seq")


def with_validity(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """The entries, each with what a line of a list says of its lots, however many it granted.

    `is_waiting`: some are pending. `valid_until`: the soonest expiry; None where it granted none.
    """
    own = Lot.objects.filter(entry=OuterRef("pk"))
    return rows.annotate(
        is_waiting=Exists(own.filter(state=Lot.State.PENDING)),
        valid_until=Subquery(own.order_by("expires_at").values("expires_at")[:1]),
    )


def entry_by_reference(member_id: int, reference: str) -> Entry | None:
    return Entry.objects.filter(
        account__member_id=member_id, account__unit=Account.Unit.POINTS, reference=reference
    ).first()


class Explained(NamedTuple):
    """An entry with what it says of itself. `points` is what it earned; 0 for other kinds."""

    id: int
    kind: str
    reference: str
    rule_version: str
    points: int
    explanation: dict[str, Any]


def explained(*, after: int, limit: int) -> list[Explained]:
    """Entries with their explanations, in the order of their ids, beyond the id `after`.

    For whoever goes through all of them: one window at a time, along the primary key.
    """
    earned = F("d_available") + F("d_held") + F("d_pending") - F("d_debt")
    rows = (
        Entry.objects.filter(pk__gt=after)
        .order_by("pk")
        .annotate(earned=earned)
        .values_list("pk", "kind", "reference", "rule_version", "earned", "explanation")[:limit]
    )
    return [
        Explained(
            pk,
            kind,
            told,
            version,
            points if kind == Entry.Kind.EARN else 0,
            cast("dict[str, Any]", data or {}),
        )
        for pk, kind, told, version, points, data in rows
    ]


def count() -> int:
    """How many entries the ledger has."""
    return Entry.objects.count()


def lots(member_id: int, at: datetime, *, unit: str = Account.Unit.POINTS) -> QuerySet[Lot]:
    """Lots with points left that count at `at`, in the order in which they will be used (F70)."""
    return (
        Lot.objects.filter(
            account__member_id=member_id,
            account__unit=unit,
            state=Lot.State.OPEN,
            expires_at__gt=at,
            remaining__gt=F("held"),
        )
        .select_related("entry", "store")
        .order_by("expires_at", "id")
    )


def active_holds(member_id: int, at: datetime) -> QuerySet[Hold]:
    """What is set aside for the member's unfinished orders at `at`, the first to end first."""
    return (
        Hold.objects.filter(
            account__member_id=member_id,
            account__unit=Account.Unit.POINTS,
            state=Hold.State.ACTIVE,
            expires_at__gt=at,
        )
        .select_related("entry__store")
        .order_by("expires_at", "pk")
    )


def granted(entry: Entry) -> QuerySet[Lot]:
    """The lots that the entry granted, soonest expiry first."""
    return Lot.objects.filter(entry=entry).order_by("expires_at", "pk")


def uses(entry: Entry) -> QuerySet[LotUse]:
    """What the entry took from which lots, or put back into them, in the order it did."""
    return LotUse.objects.filter(entry=entry).select_related("lot__entry").order_by("id")
