"""What a balance is good for: the rewards along the way of a member who saves."""

from datetime import datetime

from mall.models import Reward
from mall.selectors import catalogue
from mall.selectors.visitors import Visitor

# The second goal lies at least this much further than the first.
_FURTHER = 2


def along_the_way(who: Visitor, *, at: datetime) -> list[int]:
    """The dearest reward that the balance reaches, the next one beyond it, and one further off.

    By the usual price, along its index: a stepper shows where the member stands, and need not
    look at every price of every reward. Three short queries.
    """
    rows = catalogue.visible(who).filter(catalogue.has_stock(at), level=None, shelf__level=None)
    rows = rows.filter(money=0, kind__in=_SHOWN)
    found: list[int] = []
    reached = rows.filter(points__lte=who.available).order_by("-points", "pk")
    found.extend(reached.values_list("pk", flat=True)[:1])
    beyond = who.available
    for _goal in range(2):
        ahead = rows.filter(points__gt=beyond).order_by("points", "-pk")
        for pk, points in ahead.values_list("pk", "points")[:1]:
            found.append(pk)
            beyond = max(points, 1) * _FURTHER
    return found


_SHOWN = (
    Reward.Kind.PHYSICAL,
    Reward.Kind.VIRTUAL,
    Reward.Kind.COUPON,
    Reward.Kind.SERVICE,
    Reward.Kind.EXPERIENCE,
)
