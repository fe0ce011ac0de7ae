"""Who looks at the catalogue: all that decides what they see and what they may have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import localtime

from mall.models import MallSettings, Redemption, Reward
from mall.policies.offers import Shopper
from members.models import SegmentMember
from points import selectors as points
from tiers.models import GrowthDay, Level, LevelBenefit, Standing

_FEN = Decimal("0.01")
_TEN_THOUSANDTHS = 10_000


class Taken(NamedTuple):
    """Pieces of one reward that the member had: today, this month, ever. Cancelled ones do not
    count, nor those that came back."""

    day: int = 0
    month: int = 0
    ever: int = 0


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member, or a guest. `rank` is None while there are no levels."""

    shopper: Shopper
    level_id: int | None
    segments: frozenset[str]
    is_mall_open: bool
    unpaid_minutes: int
    ship_hours: int
    available: int
    is_frozen: bool
    free_delivery_from: Decimal | None
    taken: Mapping[int, Taken] = field(default_factory=dict)

    @property
    def member_id(self) -> int | None:
        return self.shopper.member_id

    @property
    def rank(self) -> int | None:
        return self.shopper.rank


def visitor(member_id: int | None, *, at: datetime) -> Visitor:
    """Who looks. Five queries for a member, two for a guest, whatever the catalogue's size."""
    level = _level(member_id)
    settings = MallSettings.objects.filter(pk=1).first() or MallSettings()
    early, delivery = (level["early"], level["delivery"]) if level else (None, None)
    shopper = Shopper(
        member_id,
        level["rank"] if level else None,
        timedelta(hours=int((early or {}).get("hours", 0))),
    )
    balance = points.balance(member_id, at) if member_id is not None else None
    return Visitor(
        shopper=shopper,
        level_id=level["pk"] if level else None,
        segments=_segments(member_id) if member_id is not None else frozenset(),
        is_mall_open=settings.is_open,
        unpaid_minutes=settings.unpaid_minutes,
        ship_hours=settings.confirm_within_hours + settings.ship_within_hours,
        available=balance.available if balance else 0,
        is_frozen=balance.is_frozen if balance else False,
        free_delivery_from=_yuan(delivery.get("from_yuan") or 0) if delivery is not None else None,
        taken=_taken(member_id, at) if member_id is not None else {},
    )


def spent(member_id: int | None, days: Collection[int], *, at: datetime) -> dict[int, Decimal]:
    """Yuan that the member paid within each of these numbers of days, today among them. One
    query; none when nobody or nothing is asked for."""
    wanted = sorted(set(days))
    if member_id is None or not wanted:
        return dict.fromkeys(wanted, Decimal("0.00"))
    today = localtime(at).date()
    sums: dict[str, Any] = {
        f"within_{number}": Coalesce(Sum("spent", filter=Q(day__gt=_since(today, number))), 0)
        for number in wanted
    }
    found = GrowthDay.objects.filter(
        member_id=member_id, day__gt=_since(today, wanted[-1])
    ).aggregate(**sums)
    return {
        number: (Decimal(found[f"within_{number}"]) / _TEN_THOUSANDTHS).quantize(_FEN)
        for number in wanted
    }


def out_of_reach(who: Visitor, *, at: datetime) -> set[int]:
    """Rewards on the shelf that limits or a minimum spend keep from the visitor now.

    Only rewards with such a condition are looked at: there are few.
    """
    rows = Reward.objects.on_show().filter(
        Q(spend_min__isnull=False)
        | Q(pk__in=list(who.taken))
        & (Q(day_max__isnull=False) | Q(month_max__isnull=False) | Q(ever_max__isnull=False))
    )
    fields = ("pk", "spend_min", "spend_days", "day_max", "month_max", "ever_max")
    found = list(rows.values_list(*fields))
    paid = spent(who.member_id, {row[2] for row in found if row[1] is not None}, at=at)
    closed = set()
    for pk, spend_min, days, *limits in found:
        had = who.taken.get(pk, Taken())
        is_used_up = any(
            limit is not None and taken >= limit for limit, taken in zip(limits, had, strict=True)
        )
        if is_used_up or (spend_min is not None and paid[days] < spend_min):
            closed.add(pk)
    return closed


def _since(today: date, days: int) -> date:
    return today - timedelta(days=days)


def _level(member_id: int | None) -> Mapping[str, Any] | None:
    """The member's level, the lowest for who has none."""
    held = Standing.objects.filter(member_id=member_id or 0, level=OuterRef("pk"))
    benefit = LevelBenefit.objects.filter(level=OuterRef("pk"))
    return (
        Level.objects.annotate(
            is_held=Exists(held),
            early=Subquery(benefit.filter(kind="early_access").values("params")[:1]),
            delivery=Subquery(benefit.filter(kind="free_delivery").values("params")[:1]),
        )
        .order_by("-is_held", "rank")
        .values("pk", "rank", "early", "delivery")
        .first()
    )


def _segments(member_id: int) -> frozenset[str]:
    rows = SegmentMember.objects.filter(member_id=member_id, segment__is_active=True)
    return frozenset(rows.values_list("segment__code", flat=True))


def _taken(member_id: int, at: datetime) -> dict[int, Taken]:
    day = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    pieces = F("quantity") - F("returned_quantity")
    rows = (
        Redemption.objects.filter(member_id=member_id)
        .exclude(state=Redemption.State.CANCELLED)
        .values("reward_id")
        .annotate(
            in_day=Coalesce(Sum(pieces, filter=Q(placed_at__gte=day)), 0),
            in_month=Coalesce(Sum(pieces, filter=Q(placed_at__gte=day.replace(day=1))), 0),
            ever=Sum(pieces),
        )
        .values_list("reward_id", "in_day", "in_month", "ever")
    )
    return {pk: Taken(*sums) for pk, *sums in rows}


def _yuan(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(_FEN)
