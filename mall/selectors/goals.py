"""What a balance is good for: the rewards along the way of a member who saves."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from mall.models import Reward, RewardPicture
from mall.selectors import catalogue

# The last goal lies at least this much further than the one before.
_FURTHER = 2
_SHOWN = (
    Reward.Kind.PHYSICAL,
    Reward.Kind.VIRTUAL,
    Reward.Kind.COUPON,
    Reward.Kind.SERVICE,
    Reward.Kind.EXPERIENCE,
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A reward, and how many points of its usual price are missing."""

    reward: Reward
    picture: RewardPicture | None
    missing: int


def along_the_way(available: int, *, at: datetime) -> list[Goal]:
    """The dearest reward that the balance reaches, the next one beyond it, and one further off.

    Of those that everybody may have for points alone, by the usual price, along its index: a
    stepper shows where the member stands, and need not look at every price of every reward. At
    most three short queries, and one for the pictures.
    """
    rows = Reward.objects.on_show().filter(
        Q(starts_at__isnull=True) | Q(starts_at__lte=at),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        catalogue.has_stock(at),
        Q(shelf=None) | Q(shelf__level=None),
        level=None,
        segment="",
        spend_min=None,
        money=0,
        kind__in=_SHOWN,
    )
    found = list(rows.filter(points__lte=available).order_by("-points", "pk")[:1])
    beyond = available
    for _goal in range(2):
        ahead = list(rows.filter(points__gt=beyond).order_by("points", "-pk")[:1])
        if not ahead:
            break
        found += ahead
        beyond = ahead[0].points * _FURTHER
    pictures = catalogue.covers([reward.pk for reward in found]) if found else {}
    return [
        Goal(reward, pictures.get(reward.pk), max(reward.points - available, 0)) for reward in found
    ]
