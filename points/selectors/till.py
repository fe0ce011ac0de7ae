"""What a till is told of a member's points."""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from members.selectors.look_up import Annotations, Panel
from points.models import Account, Hold, Lot, LotUse

_NONE = Value(0, output_field=BigIntegerField())


def _columns(at: datetime) -> Annotations:
    account = Account.objects.filter(member_id=OuterRef("pk"), unit=Account.Unit.POINTS)
    usable = (
        Lot.objects.filter(
            account__member_id=OuterRef("pk"),
            account__unit=Account.Unit.POINTS,
            state=Lot.State.OPEN,
            expires_at__gt=at,
        )
        .order_by()
        .values("account_id")
        .annotate(points=Sum(F("remaining") - F("held")))
        .values("points")
    )
    # What holds past their time still reserve is free, booked or not.
    stale = (
        LotUse.objects.filter(
            entry__hold__account__member_id=OuterRef("pk"),
            entry__hold__state=Hold.State.ACTIVE,
            entry__hold__expires_at__lte=at,
            amount__gt=0,
            lot__expires_at__gt=at,
        )
        .order_by()
        .values("entry__hold__account_id")
        .annotate(points=Sum("amount"))
        .values("points")
    )
    return {
        "points_available": Coalesce(Subquery(usable), _NONE, output_field=BigIntegerField())
        + Coalesce(Subquery(stale), _NONE, output_field=BigIntegerField()),
        "points_pending": Coalesce(Subquery(account.values("pending")[:1]), _NONE),
        "points_debt": Coalesce(Subquery(account.values("debt")[:1]), _NONE),
        "points_status": Subquery(account.values("status")[:1]),
        "points_frozen_reason": Subquery(account.values("frozen_reason")[:1]),
    }


def _shown(member: Any, _at: datetime) -> dict[str, Any]:
    is_frozen = member.points_status == Account.Status.FROZEN
    return {
        "available": int(member.points_available),
        "pending": member.points_pending,
        "debt": member.points_debt,
        "is_frozen": is_frozen,
        "frozen_reason": member.points_frozen_reason if is_frozen else "",
    }


PANEL = Panel("points", _columns, _shown)
