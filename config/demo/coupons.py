"""The demo's coupons: kinds of them, two wallets with something in every tab, a code to try."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from config.demo.people import Person
from mall.models import Coupon, CouponTemplate
from mall.policies.coupons import Line
from mall.services import coupon_months, coupon_templates, coupons
from members.models import Member
from stores.models import Store
from tiers.models import Level
from tiers.selectors import benefits
from tiers.services import giving

_STAFF = "demo"
PUBLIC_CODE = "QINGCHUAN5"
_KINDS: tuple[Mapping[str, Any], ...] = (
    {
        "code": "autumn",
        "name": "满 60 减 10",
        "name_en": "¥10 off from ¥60",
        "kind": "threshold",
        "amount": Decimal(10),
        "threshold": Decimal(60),
        "excluded_labels": ["special", "gift_card"],
        "stacking": "kinds",
        "days": 30,
    },
    {
        "code": "welcome",
        "name": "迎新 5 元券",
        "name_en": "¥5 to begin with",
        "kind": "cash",
        "amount": Decimal(5),
        "public_code": PUBLIC_CODE,
        "per_member": 1,
        "days": 14,
    },
    {
        "code": "monthly-tea",
        "name": "会员月度 8.8 折",
        "name_en": "12 % off, each month",
        "kind": "percent",
        "percent": Decimal(12),
        "cap": Decimal(30),
        "days": 31,
    },
    {
        "code": "oolong-cup",
        "name": "桂花乌龙兑换券",
        "name_en": "An osmanthus oolong",
        "kind": "exchange",
        "exchange_sku": "T102",
        "stacking": "kinds",
        "days": 60,
    },
)
_MONTHLY = {"silver": 1, "gold": 2, "black": 4}


def offer(*, at: datetime) -> None:
    """The templates, on from the opening day, and what levels give of them each month."""
    for values in _KINDS:
        coupon_templates.save(
            template_id=None, values={**values, "is_on": True}, actor=_STAFF, at=at
        )
    kind = benefits.kind("monthly_coupon")
    for code, each in _MONTHLY.items() if kind is not None else ():
        level = Level.objects.filter(code=code).first()
        if level is not None and kind is not None:
            giving.put(level=level, kind=kind, values={"template": "monthly-tea", "count": each})


def right_now(persons: Sequence[Person], stores: Mapping[str, Store], *, now: datetime) -> None:
    """Wallets of these people: some to use, one for which time runs out, one used, one lapsed."""
    store = next(iter(stores.values()))
    for person in persons:
        if not person.member_id:
            continue
        member = Member.objects.get(pk=person.member_id)
        _issue("autumn", member, at=now - timedelta(days=3))
        _issue("oolong-cup", member, at=now - timedelta(days=59, hours=2))
        _issue("welcome", member, at=now - timedelta(days=40))
        _used(_issue("autumn", member, at=now - timedelta(days=9)), store, now - timedelta(days=2))
    coupon_months.issue_all(now=now)


def _issue(code: str, member: Member, *, at: datetime) -> Coupon:
    (coupon,) = coupons.issue(
        template_id=CouponTemplate.objects.get(code=code).pk,
        member_id=member.pk,
        quantity=1,
        source=Coupon.Source.CAMPAIGN,
        reference=f"demo:{code}:{member.pk}:{at:%Y%m%d}",
        actor=_STAFF,
        at=at,
    )
    return coupon


def _used(coupon: Coupon, store: Store, at: datetime) -> None:
    order = f"DEMO-{coupon.pk}"
    line = Line(1, "", (), frozenset(), "goods", Decimal(1), Decimal(72))
    coupons.lock(
        member_id=coupon.member_id,
        store_id=store.pk,
        lines=[line],
        codes=[coupon.code],
        order=order,
        until=at + timedelta(minutes=15),
        actor=_STAFF,
        at=at,
    )
    coupons.use(store_id=store.pk, order=order, actor=_STAFF, at=at)
