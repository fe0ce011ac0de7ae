"""Orders as their members, tills and staff see them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from mall.models import MallSettings, Redemption

_STATE = Redemption.State
_WAY = Redemption.Delivery
_AT_A_COUNTER = Q(delivery__in=[_WAY.PICK_UP, _WAY.VOUCHER])
_OPEN = Q(state__in=[_STATE.PLACED, _STATE.CONFIRMED])

# What members look for, under the names of their tabs.
TABS: Mapping[str, Q] = {
    "all": Q(),
    "unpaid": Q(state=_STATE.UNPAID),
    "to_ship": _OPEN & ~_AT_A_COUNTER,
    "to_receive": Q(state=_STATE.SHIPPED),
    "to_collect": _OPEN & _AT_A_COUNTER,
    "completed": Q(state=_STATE.COMPLETED),
    "cancelled": Q(state__in=[_STATE.CANCELLED, _STATE.RETURNED]),
}

# What staff work through, under the names of their queues; `stuck` is one of its own.
QUEUES: Mapping[str, Q] = {
    "to_confirm": Q(state=_STATE.PLACED) & ~_AT_A_COUNTER,
    "to_ship": Q(state=_STATE.CONFIRMED, delivery=_WAY.SHIP),
    "to_collect": _OPEN & _AT_A_COUNTER,
    "partner": _OPEN & Q(delivery=_WAY.PARTNER),
    "to_receive": Q(state=_STATE.SHIPPED),
}


def orders() -> QuerySet[Redemption]:
    """Orders with what a line of a list shows. One query."""
    return Redemption.objects.select_related("reward", "variant", "pick_up_store")


def orders_of(member_id: int, *, tab: str = "all") -> QuerySet[Redemption]:
    """A member's orders, newest first, of one tab."""
    return orders().filter(TABS[tab], member_id=member_id).order_by("-pk")


def order_of(member_id: int, number: str) -> Redemption | None:
    """A member's own order by its number; None also for another's. One query."""
    return orders().filter(member_id=member_id, number=number).first()


def stuck(*, at: datetime) -> QuerySet[Redemption]:
    """Orders that wait longer than the merchant allows, the oldest first (N23).

    To be confirmed, to be shipped, to be credited by a partner, or past the day until which they
    should have been collected.
    """
    settings = MallSettings.objects.first() or MallSettings()
    confirm = at - timedelta(hours=settings.confirm_within_hours)
    ship = at - timedelta(hours=settings.ship_within_hours)
    late = (
        Q(state=_STATE.PLACED, state_at__lte=confirm) & ~Q(delivery=_WAY.PICK_UP)
        | Q(state=_STATE.CONFIRMED, state_at__lte=ship) & ~_AT_A_COUNTER
        | _OPEN & _AT_A_COUNTER & Q(use_by__lte=at)
    )
    return orders().filter(late).order_by("state_at")


_NAMED = """
SELECT v.reward_id, v.id, (SELECT s.id FROM stores_store s WHERE s.code = %(store)s)
FROM mall_variant v JOIN mall_reward r ON r.id = v.reward_id
WHERE r.code = %(reward)s AND (%(sku)s = '' OR v.sku = %(sku)s)
ORDER BY v.id LIMIT 2
"""


def named(reward: str, sku: str, store: str) -> list[tuple[int, int, int | None]]:
    """Keys of a reward's variant and of a store by what machines call them; one query.

    At most two rows: with more than one, the variant has to be named.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"reward": reward, "sku": sku, "store": store})
        found: list[tuple[int, int, int | None]] = cursor.fetchall()
    return found


def handed_over_elsewhere(starts_at: datetime, ends_at: datetime) -> list[tuple[int, str, int]]:
    """Vouchers used in [`starts_at`, `ends_at`): member, reference of the spend, and the store
    that handed over, which nobody knew when the points were spent."""
    rows = Redemption.objects.filter(
        state__in=[_STATE.COMPLETED, _STATE.RETURNED],
        completed_at__gte=starts_at,
        completed_at__lt=ends_at,
        handed_over_in__isnull=False,
        pick_up_store=None,
    )
    found = rows.order_by("pk").values_list("member_id", "number", "handed_over_in_id")
    return [(member, f"redemption:{number}", store) for member, number, store in found if store]
