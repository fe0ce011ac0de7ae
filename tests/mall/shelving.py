"""Rewards and what belongs to them, for the tests of the mall."""

from itertools import count
from typing import Any

from django.utils import timezone

from mall.models import Reward, Variant

_numbers = count(1)


def reward(
    name: str = "帆布袋", *, points: int = 100, stock: int | None = 100, **values: Any
) -> Reward:
    """A reward on the shelf with one variant; `stock` None: it is not counted, -1: no variant."""
    number = next(_numbers)
    order: dict[str, Any] = {
        "code": f"r{number}",
        "kind": Reward.Kind.PHYSICAL,
        "state": Reward.State.ON,
        "name": name,
        "points": points,
        "can_ship": True,
        "created_at": timezone.now(),
        "listed_at": timezone.now(),
    }
    made = Reward.objects.create(**(order | values))
    if stock != -1:
        variant(made, stock=stock)
    return made


def variant(of: Reward, *, stock: int | None = 100, **values: Any) -> Variant:
    """A variant as if it had been stocked when it was made."""
    left = stock or 0
    order: dict[str, Any] = {
        "reward": of,
        "sku": f"SKU{next(_numbers)}",
        "is_counted": stock is not None,
        "stocked": left,
        "remaining": left,
    }
    return Variant.objects.create(**(order | values))
