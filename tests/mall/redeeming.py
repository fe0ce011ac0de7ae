"""Rewards and members for the tests of the mall."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from mall.models import Redemption, Reward, Shelf, StockMovement, Variant
from mall.services import handover, redemption, stock
from mall.services.orders import Order
from mall.services.redemption import Redeemed
from members.models import Address, Member
from points.selectors import audit
from stores.models import Store
from tests import cast

_serial = count(1)


def members(number: int, *, points: int = 1000) -> Iterator[Member]:
    for place in range(number):
        person = cast.member(f"138{place:08}", f"会员{place}")
        if points:
            cast.earned(person, points)
        yield person


def rich(points: int = 1000, phone: str = "13800138000") -> Member:
    person = cast.member(phone)
    cast.earned(person, points)
    return person


def reward(*, left: int | None = 10, **values: Any) -> Reward:
    """A mug for 100 points, on the shelf, with so many of its only variant; None: uncounted."""
    serial = next(_serial)
    defaults: dict[str, Any] = {
        "code": f"mug-{serial}",
        "kind": Reward.Kind.PHYSICAL,
        "state": Reward.State.ON,
        "name": "马克杯",
        "name_en": "Mug",
        "points": 100,
        "can_pick_up": True,
        "created_at": timezone.now(),
        "listed_at": timezone.now(),
    }
    made = Reward.objects.create(**(defaults | values))
    variant(made, left=left, sku=f"MUG-{serial}")
    return made


def variant(of: Reward, *, left: int | None = 10, **values: Any) -> Variant:
    defaults: dict[str, Any] = {"sku": f"SKU-{next(_serial)}", "is_counted": left is not None}
    made = Variant.objects.create(reward=of, **(defaults | values))
    if left:
        come_in(made.pk, left)
        made.refresh_from_db()
    return made


def come_in(variant_id: int, quantity: int) -> None:
    with transaction.atomic():
        stock.move(
            kind=StockMovement.Kind.RESTOCK,
            variant_id=variant_id,
            quantity=quantity,
            actor="test",
            at=timezone.now(),
        )


def shop(code: str = "S1", **values: Any) -> Store:
    return Store.objects.get_or_create(code=code, defaults={"name": f"门店 {code}", **values})[0]


def address(person: Member) -> Address:
    if known := Address.objects.filter(member=person).first():
        return known
    return Address.objects.create(
        member=person,
        recipient="林小雨",
        phone="+8613800138000",
        region="330106",
        detail="文三路 1 号",
        is_default=True,
        created_at=timezone.now(),
    )


def order(of: Reward, **values: Any) -> Order:
    """One piece of the reward's first variant, picked up in S1 where it is goods."""
    defaults: dict[str, Any] = {
        "reward_id": of.pk,
        "variant_id": of.variants.order_by("pk").values_list("pk", flat=True)[0],
        "quantity": 1,
    }
    if of.kind == Reward.Kind.PHYSICAL and not of.can_ship:
        defaults["pick_up_store_id"] = shop().pk
    return Order(**(defaults | values))


def redeemed(
    person: Member, of: Reward, *, key: str = "", at: datetime | None = None, **values: Any
) -> Redeemed:
    return redemption.redeem(
        member_id=person.pk,
        order=order(of, **values),
        caller=f"member:{person.pk}",
        key=key or f"key-{next(_serial)}",
        actor=f"member:{person.pk}",
        at=at or timezone.now(),
    )


def placed(person: Member, of: Reward, **values: Any) -> Redemption:
    return redeemed(person, of, **values).redemption


def shelf(**values: Any) -> Shelf:
    return Shelf.objects.create(**({"code": f"s{next(_serial)}", "name": "臻选"} | values))


def digits(order: Redemption, at: datetime | None = None) -> str:
    """What the member shows at the counter."""
    code = handover.code_of(order, at=at or timezone.now())
    assert code is not None
    return code.digits


def books_are_clean() -> bool:
    """Every invariant of the ledger holds; what does not is shown by the assertion."""
    breaches = audit.run().breaches
    assert breaches == {}, breaches
    return True
