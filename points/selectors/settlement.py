"""Which store issued the points that another redeemed (F120), set by set.

Counted when it is booked, so that a month that is over does not change any more. Points that were
set aside count when they are used; what a return gives back into the very lots is taken off in
the month of the return. Points that lapse in between stay with the store that redeemed them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum

from points.models import Entry, LotUse


class Flow(NamedTuple):
    """Points of one store (None: head office) that members used in another.

    `given_back` is what returns have put back; both are zero or more.
    """

    issuer_id: int | None
    redeemer_id: int | None
    used: int
    given_back: int

    @property
    def points(self) -> int:
        return self.used - self.given_back


def flows(starts_at: datetime, ends_at: datetime) -> list[Flow]:
    """What flowed between stores in [`starts_at`, `ends_at`), each pair once. Three queries."""
    used: dict[tuple[int | None, int | None], int] = {}
    back: dict[tuple[int | None, int | None], int] = {}
    _add(used, _spent(starts_at, ends_at), 1)
    _add(used, _captured(starts_at, ends_at), 1)
    _add(back, _restored(starts_at, ends_at), -1)
    return [
        Flow(*pair, used.get(pair, 0), back.get(pair, 0))
        for pair in sorted(used | back, key=_place)
    ]


def _spent(starts_at: datetime, ends_at: datetime) -> QuerySet[LotUse, Any]:
    return _by_pair(
        LotUse.objects.filter(
            entry__kind=Entry.Kind.SPEND,
            entry__created_at__gte=starts_at,
            entry__created_at__lt=ends_at,
            amount__gt=0,
        )
    )


def _captured(starts_at: datetime, ends_at: datetime) -> QuerySet[LotUse, Any]:
    """The lots of a hold, in the month in which it was used."""
    return _by_pair(
        LotUse.objects.filter(
            entry__hold__closed_by__kind=Entry.Kind.CAPTURE,
            entry__hold__closed_by__created_at__gte=starts_at,
            entry__hold__closed_by__created_at__lt=ends_at,
            amount__gt=0,
        )
    )


def _restored(starts_at: datetime, ends_at: datetime) -> QuerySet[LotUse, Any]:
    return _by_pair(
        LotUse.objects.filter(
            entry__kind=Entry.Kind.RESTORE,
            entry__created_at__gte=starts_at,
            entry__created_at__lt=ends_at,
            amount__lt=0,
        )
    )


def _by_pair(uses: QuerySet[LotUse]) -> QuerySet[LotUse, Any]:
    return (
        uses.order_by()
        .values_list("lot__store_id", "entry__store_id")
        .annotate(points=Sum("amount"))
    )


def _add(found: dict[tuple[int | None, int | None], int], rows: Iterable[Any], sign: int) -> None:
    for issuer, redeemer, points in rows:
        found[issuer, redeemer] = found.get((issuer, redeemer), 0) + sign * points


def _place(pair: tuple[int | None, int | None]) -> tuple[int, int]:
    issuer, redeemer = pair
    return issuer or 0, redeemer or 0
