"""Which store issued the points that another redeemed (F120), set by set.

Counted when it is booked, so that a month that is over does not change any more. Points that were
set aside count when they are used; what a return gives back into the very lots is taken off in
the month of the return. Points that lapse in between stay with the store that redeemed them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum

from points.models import Entry, LotUse

_WINDOW = 500


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


def handed_on(spends: Sequence[tuple[int, str, int]]) -> list[Flow]:
    """What flowed elsewhere than the entry says: spends by member, reference and the store in
    which they were really used. Each comes off the store of its entry and goes to the other.

    One query per 500 spends, along the index of accounts and references.
    """
    used: dict[tuple[int | None, int | None], int] = {}
    back: dict[tuple[int | None, int | None], int] = {}
    for start in range(0, len(spends), _WINDOW):
        window = spends[start : start + _WINDOW]
        stores = {reference: store for _member, reference, store in window}
        rows = (
            LotUse.objects.filter(
                entry__account__member_id__in=sorted({member for member, _ref, _store in window}),
                entry__reference__in=sorted(stores),
                entry__kind=Entry.Kind.SPEND,
                amount__gt=0,
            )
            .order_by()
            .values_list("entry__reference", "lot__store_id", "entry__store_id")
            .annotate(points=Sum("amount"))
        )
        for reference, issuer, told, points in rows:
            if told != stores[reference]:
                _add(back, [(issuer, told, points)], 1)
                _add(used, [(issuer, stores[reference], points)], 1)
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
