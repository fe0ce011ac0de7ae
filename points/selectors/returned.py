"""What the ledger booked for one event of the apps above: its entries by their references."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from points.models import Account, AccountMerge, Entry, Lot, LotUse
from points.policies import NEVER
from points.selectors.entries import SHOWN_MAX


class Put(NamedTuple):
    """Points that came into a lot. `until` None: it never lapses; `is_new` when the lot was
    granted for them, since that of their own had lapsed."""

    points: int
    until: datetime | None
    earned_at: datetime
    is_new: bool


class Booked(NamedTuple):
    """One entry: `points` signed as a person sees them, `told` its explanation."""

    id: int
    kind: str
    points: int
    paid_debt: int
    told: dict[str, Any]


def by_references(member_id: int, references: Sequence[str]) -> list[Booked]:
    """Entries of the member with these references, oldest first.

    Those stay in their account that a member had who was merged into this one. Three queries.
    """
    mine = Account.objects.filter(member_id=member_id, unit=Account.Unit.POINTS)
    merged = AccountMerge.objects.filter(kept_id__in=mine.values("pk"))
    accounts = {*mine.values_list("pk", flat=True), *merged.values_list("gone_id", flat=True)}
    rows = Entry.objects.filter(account_id__in=accounts, reference__in=references)
    return [
        Booked(row.pk, row.kind, row.amount, max(-row.d_debt, 0), row.explanation or {})
        for row in rows.order_by("pk")
    ]


def put_into(entry_id: int) -> list[Put]:
    """Into which lots an entry put points, the soonest to lapse first. Two queries."""
    uses = LotUse.objects.filter(entry_id=entry_id, amount__lt=0).select_related("lot")
    found = [_put(-use.amount, use.lot, False) for use in uses.order_by("pk")[:SHOWN_MAX]]
    fresh = Lot.objects.filter(entry_id=entry_id).order_by("pk")
    found += [_put(lot.granted, lot, True) for lot in fresh[:SHOWN_MAX]]
    return sorted(found, key=lambda put: put.until or NEVER)


def _put(points: int, lot: Lot, is_new: bool) -> Put:
    until = None if lot.expires_at >= NEVER else lot.expires_at
    return Put(points, until, lot.earned_at, is_new)
