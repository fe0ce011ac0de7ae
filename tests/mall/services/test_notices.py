"""What members are told of their orders and coupons."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mall.models import Coupon, Redemption, RedemptionReturn
from mall.services import coupon_endings, handover, progress, returns
from members.models import Member
from notifications.models import NotedFact, Notice
from notifications.services import noting
from tests.mall import making, redeeming

pytestmark = pytest.mark.django_db


def told(person: Member, kind: str = "redemption") -> list[Notice]:
    noting.tell_noted(now=timezone.now())
    return list(Notice.objects.filter(member=person, kind=kind).order_by("pk"))


def test_the_way_of_a_parcel() -> None:
    lin = redeeming.rich()
    reward = redeeming.reward(can_ship=True, can_pick_up=False, return_days=7)
    order = redeeming.placed(lin, reward, address_id=redeeming.address(lin).pk)
    now = timezone.now()
    progress.confirm(redemption_id=order.pk, actor="staff:1", at=now)
    for number in ("SF1000", "SF1000", "SF1001"):
        progress.ship(
            redemption_id=order.pk, carrier="顺丰", tracking_number=number, actor="s", at=now
        )
    progress.complete(redemption_id=order.pk, actor=f"member:{lin.pk}", at=now)
    found = told(lin)
    assert [one.event for one in found] == [
        "placed",
        "confirmed",
        "shipped",
        "shipped",
        "completed",
    ]
    assert [one.points for one in found] == [-100, None, None, None, None]
    assert {one.link for one in found} == {f"/mall/orders/{order.number}/"}
    assert ("SF1000" in found[2].body, "SF1001" in found[3].body) == (True, True)
    assert "马克杯" in found[0].body
    assert {one.group for one in found} == {"delivery"}


def test_the_counter_is_told_without_the_code() -> None:
    lin = redeeming.rich()
    order = redeeming.placed(lin, redeeming.reward())
    order.refresh_from_db()
    if order.state == Redemption.State.PLACED:
        progress.confirm(redemption_id=order.pk, actor="staff:1", at=timezone.now())
    code = redeeming.digits(Redemption.objects.get(pk=order.pk))
    handover.hand_over(
        code=code,
        store_id=redeeming.shop().pk,
        scanner="staff:1",
        actor="staff:1",
        at=timezone.now(),
    )
    found = told(lin)
    assert [one.event for one in found][-2:] == ["ready", "collected"]
    assert not any(code in f"{one.body}{one.context}" for one in found)
    assert "门店 S1" in found[-2].body


def test_a_cancellation_says_who_and_what_comes_back() -> None:
    lin = redeeming.rich()
    order = redeeming.placed(
        lin,
        redeeming.reward(can_ship=True, can_pick_up=False),
        address_id=redeeming.address(lin).pk,
    )
    progress.cancel(
        redemption_id=order.pk, actor=f"member:{lin.pk}", member_id=lin.pk, at=timezone.now()
    )
    last = told(lin)[-1]
    assert (last.event, last.points) == ("cancelled", 100)
    assert last.context["reason"] == {"zh-hans": "您已自行取消", "en": "cancelled by yourself"}


def test_a_return_is_told_step_by_step() -> None:
    lin = redeeming.rich()
    reward = redeeming.reward(can_ship=True, can_pick_up=False, return_days=7)
    order = redeeming.placed(lin, reward, quantity=2, address_id=redeeming.address(lin).pk)
    now = timezone.now()
    progress.confirm(redemption_id=order.pk, actor="staff:1", at=now)
    progress.ship(
        redemption_id=order.pk, carrier="顺丰", tracking_number="SF1", actor="staff:1", at=now
    )
    asked = returns.ask(
        redemption_id=order.pk, member_id=lin.pk, quantity=1, reason="quality", words="", at=now
    )
    returns.decide(return_id=asked.pk, is_approved=True, answer="请寄回", actor="staff:1", at=now)
    returns.receive(return_id=asked.pk, is_sellable=True, actor="staff:1", at=now)
    found = [one for one in told(lin) if one.event.startswith("return")]
    assert [one.event for one in found] == [
        "return_requested",
        "return_approved",
        "return_received",
    ]
    assert found[-1].points == RedemptionReturn.objects.get().points == 100


def test_coupons_are_told_once_and_again_before_they_end() -> None:
    lin = making.person()
    now = timezone.now()
    making.issued(lin)
    (first,) = told(lin, "coupon")
    assert (first.event, first.context["count"]) == ("issued", 1)
    coupons = Coupon.objects.filter(member=lin)
    coupons.update(issued_at=now - timedelta(days=9), expires_at=now + timedelta(days=2))
    for _day in range(2):
        assert coupon_endings.tell(now=now) == coupons.count()
    assert [one.event for one in told(lin, "coupon")] == ["issued", "expiring"]
    coupons.update(issued_at=now - timedelta(days=1))
    assert coupon_endings.tell(now=now) == 0


def test_what_is_rolled_back_is_told_to_nobody() -> None:
    """The fact stands or falls with what it is about."""
    lin = redeeming.rich()
    reward = redeeming.reward()
    sid = transaction.savepoint()
    redeeming.placed(lin, reward)
    assert NotedFact.objects.filter(kind="redemption").exists()
    transaction.savepoint_rollback(sid)
    assert not NotedFact.objects.filter(kind="redemption").exists()
