"""Coupons for tests: a template that says no more than a test needs, and people who have some."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from mall.models import Coupon, CouponTemplate
from mall.policies.coupons import Line
from mall.services import coupons
from members.models import Member
from stores.models import Store

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)
_numbers = count(1)


def template(**values: Any) -> CouponTemplate:
    """¥5 off anything, for thirty days."""
    usual: dict[str, Any] = {
        "code": f"t{next(_numbers)}",
        "name": "五元券",
        "name_en": "Five yuan",
        "kind": "cash",
        "amount": Decimal(5),
        "days": 30,
        "is_on": True,
        "created_at": NOON,
    }
    if "ends_at" in values:
        usual["days"] = None
    return CouponTemplate.objects.create(**(usual | values))


def person(name: str = "林小雨") -> Member:
    return Member.objects.create(number=f"H{next(_numbers):08}", name=name, joined_at=NOON)


def shop(code: str = "xihu") -> Store:
    return Store.objects.get_or_create(code=code, defaults={"name": "西湖店"})[0]


def issued(
    owner: Member, kind: CouponTemplate | None = None, *, at: datetime = NOON, **values: Any
) -> Coupon:
    order: dict[str, Any] = {
        "template_id": (kind or template()).pk,
        "member_id": owner.pk,
        "quantity": 1,
        "source": "staff",
        "reference": f"test:{next(_numbers)}",
        "actor": "test",
        "at": at,
    }
    return coupons.issue(**(order | values))[0]


def basket(*amounts: str) -> list[Line]:
    return [
        Line(number, f"s{number}", (), frozenset(), "goods", Decimal(1), Decimal(amount))
        for number, amount in enumerate(amounts, 1)
    ]


def have_a_wallet(owner: Member, *, at: datetime) -> None:
    """One coupon of each kind with long words; one used, one lapsed, one that lapses soon."""
    kinds = [
        template(name="限时外卖减免" * 6, kind="threshold", threshold=Decimal("1234.50")),
        template(name="折", kind="percent", percent=Decimal("12.5"), store_ids=[shop().pk]),
        template(name="免邮", kind="free_delivery", days=1),
        template(name="兑换", kind="exchange", exchange_sku="x" * 64),
    ]
    for kind in kinds:
        issued(owner, kind, at=at)
    issued(owner, template(days=1), at=at - 9 * DAY)
    used = issued(owner, at=at)
    order: dict[str, Any] = {"store_id": shop().pk, "order": "A-1", "actor": "t", "at": at}
    coupons.lock(member_id=owner.pk, lines=basket("20"), codes=[used.code], until=at + DAY, **order)
    coupons.use(**order)
