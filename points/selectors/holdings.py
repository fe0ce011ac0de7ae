"""Members' points as parts of larger queries: subqueries about the member of the outer row."""

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Sum

from points.models import Account, Entry, Lot


def _of(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
    mine = rows.filter(account__member_id=OuterRef("pk"), account__unit=Account.Unit.POINTS)
    summed = mine.order_by().values("account__member_id").annotate(points=Sum(value))
    points: QuerySet[Any] = summed.values("points")
    return points


def usable(at: datetime, *, until: datetime | None = None) -> QuerySet[Any]:
    """The outer member's usable points at `at`; with `until`, those of them that lapse by then.

    Nothing, not zero, for a member without open lots. Points past their day are left out.
    """
    rows = Lot.objects.filter(state=Lot.State.OPEN, expires_at__gt=at)
    if until is not None:
        rows = rows.filter(expires_at__lte=until)
    return _of(rows, F("remaining") - F("held"))


def earned(since: datetime | None, until: datetime) -> QuerySet[Any]:
    """What the outer member has earned from `since` on and before `until`, pending or not,
    whether or not a debt took it."""
    rows = Entry.objects.filter(kind=Entry.Kind.EARN, occurred_at__lt=until)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    return _of(rows, F("d_available") + F("d_pending") - F("d_debt"))
