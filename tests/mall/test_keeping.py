"""Orders when two members become one, or one leaves."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mall.exceptions import RedemptionRefused
from mall.models import Redemption, Wish
from mall.selectors import personal
from mall.services import keeping, progress
from members.selectors import personal_data
from members.selectors.segments import uses_of
from members.services import erasure, merging, retention
from points.selectors import balance
from tests import cast
from tests.mall import redeeming

pytestmark = pytest.mark.django_db


def parcel(person: Any) -> Any:
    reward = redeeming.reward(can_ship=True, can_pick_up=False)
    return redeeming.placed(person, reward, address_id=redeeming.address(person).pk)


def test_a_merged_members_order_is_cancelled_into_the_lots_that_moved() -> None:
    gone, kept = redeeming.rich(150), redeeming.rich(50, "13900139000")
    order = parcel(gone)
    Wish.objects.create(member=gone, reward=order.reward, wished_at=timezone.now())
    Wish.objects.create(member=kept, reward=order.reward, wished_at=timezone.now())
    now = timezone.now()
    merging.merge(kept_id=kept.pk, gone_id=gone.pk, actor="staff:1", at=now)
    assert balance(kept.pk, now).available == 100
    order.refresh_from_db()
    assert order.member == kept
    assert Wish.objects.count() == 1
    progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=kept.pk)
    assert balance(kept.pk, now).available == 200
    assert balance(gone.pk, now).available == 0
    assert redeeming.books_are_clean()


def test_nobody_leaves_with_an_order_under_way() -> None:
    person = redeeming.rich()
    order = parcel(person)
    now = timezone.now()
    refusal = personal.hindrance(person, now)
    assert refusal is not None
    assert refusal.code == "open_orders"
    with pytest.raises(RedemptionRefused):
        keeping.erase(member_id=person.pk, at=now, actor="m", is_forced=False)
    progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
    assert personal.hindrance(person, now) is None


def test_what_names_a_person_is_forgotten_and_the_books_stay() -> None:
    person = redeeming.rich()
    first, second = parcel(person), parcel(person)
    now = timezone.now()
    progress.ship(redemption_id=first.pk, carrier="a", tracking_number="b", actor="s", at=now)
    keeping.erase(member_id=person.pk, at=now, actor="staff:1", is_forced=True)
    for order in (first, second):
        order.refresh_from_db()
        assert (order.recipient, order.phone, order.address) == ("", "", "")
    assert (first.state, second.state) == ("shipped", "cancelled")
    assert second.variant.movements.filter(kind="release").exists()
    assert redeeming.books_are_clean()


def test_a_members_copy_has_their_orders() -> None:
    person = redeeming.rich()
    order = parcel(person)
    found = {section.name: section for section in personal_data.sections()}
    (row,) = found["redemptions"].rows([person.pk], timezone.now())
    assert row[0] == order.number
    assert "林小雨" in row
    assert len(row) == len(found["redemptions"].columns)
    for name in ("redemption_returns", "wishes"):
        assert list(found[name].rows([person.pk], timezone.now())) == []


def test_addresses_of_ended_orders_are_forgotten_in_time() -> None:
    person = redeeming.rich()
    order, still = parcel(person), parcel(person)
    now = timezone.now()
    progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
    assert retention.run(now=now + timedelta(days=364))["mall.addresses"] == 0
    assert retention.run(now=now + timedelta(days=366))["mall.addresses"] == 1
    order.refresh_from_db()
    still.refresh_from_db()
    assert (order.address, still.address) == ("", still.address)
    assert still.address


def test_a_segment_says_which_rewards_ask_for_it() -> None:
    reward = redeeming.reward(segment="vip", name="手冲壶")
    found = uses_of("vip", timezone.now())
    assert any("手冲壶" in place for place in found)
    reward.state = "off"
    reward.save()
    assert not any("手冲壶" in place for place in uses_of("vip", timezone.now()))


def test_erasing_takes_the_points_of_cancelled_orders_too() -> None:
    person = redeeming.rich()
    parcel(person)
    now = timezone.now()
    erasure.erase(member_id=person.pk, actor="staff:1", at=now, is_forced=True)
    assert balance(person.pk, now).available == 0
    assert Redemption.objects.get().state == "cancelled"
    assert cast.member("13900139000").pk != person.pk
    assert redeeming.books_are_clean()
