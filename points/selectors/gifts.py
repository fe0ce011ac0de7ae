"""What may be given, and what was."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.timezone import localtime

from points.models import Entry, Gift, GiftSettings, Lot
from points.selectors.entries import lots

_LOTS_SHOWN_MAX = 20


def gift_settings() -> GiftSettings:
    """The merchant's settings of gifts, or their defaults (off)."""
    return GiftSettings.objects.first() or GiftSettings()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a member may still give away this month."""

    settings: GiftSettings
    gifts_left: int
    points_left: int

    @property
    def most(self) -> int:
        """Points of the largest gift that limits allow now."""
        return min(self.settings.points_max, self.points_left) if self.gifts_left else 0


def allowance(member_id: int, at: datetime) -> Allowance:
    """What limits leave to this member in the calendar month of `at`. Two queries."""
    settings = gift_settings()
    given = Gift.objects.filter(giver_id=member_id, given_at__gte=month_start(at))
    used = given.aggregate(count=Count("pk"), points=Sum("points"))
    return Allowance(
        settings=settings,
        gifts_left=max(0, settings.gifts_per_month - used["count"]),
        points_left=max(0, settings.points_per_month - (used["points"] or 0)),
    )


def free_from(bound_at: datetime, settings: GiftSettings) -> datetime:
    """From when two people who were bound at `bound_at` may give to each other."""
    return bound_at + timedelta(days=settings.cooling_off_days)


def gifts_of(member_id: int) -> QuerySet[Gift]:
    """What the member gave and got, newest first."""
    mine = Q(giver_id=member_id) | Q(receiver_id=member_id)
    return Gift.objects.filter(mine).select_related("giver", "receiver").order_by("-pk")


def would_use(member_id: int, points: int, at: datetime) -> list[tuple[Lot, int]]:
    """Which lots `points` would come from, soonest expiry first; the first twenty of them."""
    found: list[tuple[Lot, int]] = []
    left = points
    for lot in lots(member_id, at)[:_LOTS_SHOWN_MAX]:
        taken = min(left, lot.free)
        found.append((lot, taken))
        left -= taken
        if not left:
            break
    return found


def month_start(at: datetime) -> datetime:
    """The first instant of the calendar month of `at`, in the shop's time zone."""
    return localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def words_of(entry: Entry) -> str:
    """What the giver wrote, for an entry of a gift; no query for any other entry."""
    if entry.source != "gift":
        return ""
    either = Q(out_entry=entry) | Q(in_entry=entry)
    mine = Gift.objects.filter(
        either, Q(giver_id=entry.account.member_id) | Q(receiver_id=entry.account.member_id)
    )
    return mine.values_list("words", flat=True).first() or ""
