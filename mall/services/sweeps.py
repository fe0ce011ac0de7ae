"""What time does to orders: bounded, safe to run twice, each order by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from mall.models import MallSettings, Redemption, Reward
from mall.services import progress
from stores.exceptions import Refusal

LIMIT = 500
_ACTOR = "system"
_POPULAR_DAYS = timedelta(days=30)
_WINDOW = 1_000
_STATE = Redemption.State


def cancel_unpaid(*, now: datetime, limit: int = LIMIT) -> int:
    """Cancel orders whose time to pay is over: points, stock and limits are free again."""
    due = Redemption.objects.filter(state=_STATE.UNPAID, pay_by__lte=now).order_by("pay_by")
    return _each(
        due,
        limit,
        lambda pk: progress.cancel(redemption_id=pk, actor=_ACTOR, at=now, note="unpaid"),
    )


def complete_shipped(*, now: datetime, limit: int = LIMIT) -> int:
    """Orders that were shipped long enough ago count as received."""
    settings = MallSettings.objects.first() or MallSettings()
    before = now - timedelta(days=settings.complete_after_days)
    due = Redemption.objects.filter(state=_STATE.SHIPPED, state_at__lte=before)
    return _each(
        due.order_by("state_at"),
        limit,
        lambda pk: progress.complete(redemption_id=pk, actor=_ACTOR, at=now),
    )


def _each(due: QuerySet[Redemption], limit: int, do: Callable[[int], object]) -> int:
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            do(pk)
        except Refusal:
            continue  # somebody was faster; the next sweep sees what is left
        done += 1
    return done


def count_popularity(*, now: datetime, tell: Callable[[int], object] = lambda done: None) -> int:
    """Count what was redeemed of each reward in thirty days; returns how many changed."""
    since = now - _POPULAR_DAYS
    pieces = (
        Redemption.objects.filter(reward=OuterRef("pk"), placed_at__gte=since)
        .exclude(state=_STATE.CANCELLED)
        .order_by()
        .values("reward")
        .annotate(pieces=Sum("quantity"))
        .values("pieces")
    )
    changed, after = 0, 0
    while window := list(
        Reward.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:_WINDOW]
    ):
        after = window[-1]
        rows = Reward.objects.filter(pk__gte=window[0], pk__lte=after)
        counted = Coalesce(Subquery(pieces, output_field=IntegerField()), 0)
        changed += rows.exclude(popularity=counted).update(popularity=counted)
        tell(changed)
    return changed
