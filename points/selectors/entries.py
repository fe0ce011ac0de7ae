"""Entries, lots and what took from which, as pages and doors show them."""

from datetime import datetime

from django.db.models import F, QuerySet

from points.models import Account, Entry, Lot, LotUse


def entries(member_id: int, *, unit: str = Account.Unit.POINTS) -> QuerySet[Entry]:
    """The member's entries, newest first.

    By the account's id in a subquery, so that a page is read from the end of the index however
    many entries there are.
    """
    account = Account.objects.filter(member_id=member_id, unit=unit).values("pk")[:1]
    return Entry.objects.filter(account_id=account).select_related("store").order_by("-seq")


def entry_by_reference(member_id: int, reference: str) -> Entry | None:
    return Entry.objects.filter(
        account__member_id=member_id, account__unit=Account.Unit.POINTS, reference=reference
    ).first()


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


def uses(entry: Entry) -> QuerySet[LotUse]:
    """What the entry took from which lots, or put back into them, in the order it did."""
    return LotUse.objects.filter(entry=entry).select_related("lot__entry").order_by("id")
