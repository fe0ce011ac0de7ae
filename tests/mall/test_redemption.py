"""Placing an order: what it takes, what it refuses, and that it happens once."""

import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mall.exceptions import RedemptionRefused
from mall.models import MallSettings, Redemption, Reward, RewardPrice, StockMovement, Variant
from mall.services import redemption
from members.exceptions import AddressUnknown
from points.exceptions import AccountFrozen, InsufficientPoints, ReferenceConflict
from points.selectors import balance, entry_by_reference
from points.services import accounts
from tests import cast
from tests.mall import redeeming
from tests.mall.redeeming import books_are_clean

pytestmark = pytest.mark.django_db

STATE = Redemption.State


def counters() -> Any:
    return list(Variant.objects.order_by("pk").values("remaining", "reserved", "fulfilled"))


def refusal(person: Any, reward: Any, **values: Any) -> Any:
    """The code with which an order is declined; nothing may have changed by it."""
    before = (balance(person.pk, timezone.now()).available, Redemption.objects.count())
    stock = counters()
    with pytest.raises(RedemptionRefused) as caught:
        redeeming.redeemed(person, reward, **values)
    assert (balance(person.pk, timezone.now()).available, Redemption.objects.count()) == before
    assert (
        list(Variant.objects.order_by("pk").values("remaining", "reserved", "fulfilled")) == stock
    )
    assert str(caught.value)
    return caught.value.code


def test_takes_points_and_stock() -> None:
    person, reward = redeeming.rich(250), redeeming.reward(left=3)
    order = redeeming.placed(person, reward, quantity=2)
    assert (order.state, order.points) == (STATE.PLACED, 200)
    assert not order.money
    assert balance(person.pk, timezone.now()).available == 50
    variant = reward.variants.get()
    assert (variant.remaining, variant.reserved, variant.stocked) == (1, 2, 3)
    movement = StockMovement.objects.get(kind="reserve")
    assert (movement.quantity, movement.remaining_after, movement.redemption_id) == (2, 1, order.pk)
    assert [step.state for step in order.steps.all()] == ["placed"]
    entry = entry_by_reference(person.pk, order.reference)
    assert entry is not None
    assert entry.explanation["reward"] == "马克杯"
    assert books_are_clean()


def test_a_key_makes_it_happen_once() -> None:
    person, reward = redeeming.rich(500), redeeming.reward()
    first = redeeming.redeemed(person, reward, key="once")
    again = redeeming.redeemed(person, reward, key="once")
    assert (first.is_replay, again.is_replay) == (False, True)
    assert again.redemption.pk == first.redemption.pk
    assert balance(person.pk, timezone.now()).available == 400
    with pytest.raises(ReferenceConflict):
        redeeming.redeemed(person, reward, key="once", quantity=2)
    other = redeeming.rich(500, "13900139000")
    assert not redeeming.redeemed(other, reward, key="once").is_replay


@pytest.mark.parametrize("quantity", [0, -1, 2**63, True, 1.0, 10_001])
def test_quantities_that_are_none(quantity: Any) -> None:
    assert refusal(redeeming.rich(), redeeming.reward(), quantity=quantity) == "quantity_invalid"


def test_points_that_are_missing_take_nothing() -> None:
    person, reward = redeeming.rich(99), redeeming.reward()
    with pytest.raises(InsufficientPoints) as caught:
        redeeming.redeemed(person, reward)
    assert caught.value.params["available"] == 99
    assert reward.variants.get().remaining == 10
    assert not Redemption.objects.exists()


def test_a_frozen_account_redeems_nothing() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    accounts.freeze(
        member_id=person.pk, reason="核查中", reference="f1", actor="staff:1", at=timezone.now()
    )
    with pytest.raises(AccountFrozen):
        redeeming.redeemed(person, reward)
    assert reward.variants.get().remaining == 10


def test_sold_out_and_short() -> None:
    person = redeeming.rich()
    assert refusal(person, redeeming.reward(left=0)) == "sold_out"
    assert refusal(person, redeeming.reward(left=1), quantity=2) == "stock_short"


def test_uncounted_stock_is_always_enough() -> None:
    person, reward = redeeming.rich(), redeeming.reward(left=None)
    redeeming.placed(person, reward, quantity=5)
    assert not StockMovement.objects.exists()
    variant = reward.variants.get()
    assert (variant.remaining, variant.reserved) == (0, 0)


@pytest.mark.parametrize("state", ["draft", "off"])
def test_what_is_not_on_the_shelf(state: Any) -> None:
    assert refusal(redeeming.rich(), redeeming.reward(state=state)) == "reward_unknown"


def test_windows() -> None:
    now = timezone.now()
    person = redeeming.rich()
    assert refusal(person, redeeming.reward(starts_at=now + timedelta(hours=1))) == "not_started"
    assert refusal(person, redeeming.reward(ends_at=now - timedelta(seconds=1))) == "ended"
    reward = redeeming.reward(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    assert redeeming.placed(person, reward).state == STATE.PLACED


def test_a_closed_mall() -> None:
    MallSettings.objects.create(is_open=False)
    assert refusal(redeeming.rich(), redeeming.reward()) == "mall_closed"


def test_the_wrong_variant_or_one_that_is_off() -> None:
    person, reward, other = redeeming.rich(), redeeming.reward(), redeeming.reward()
    assert refusal(person, reward, variant_id=other.variants.get().pk) == "reward_unknown"
    reward.variants.update(is_on=False)
    assert refusal(person, reward) == "variant_not_offered"


@pytest.mark.parametrize("limit", ["day_max", "month_max", "ever_max"])
def test_limits_per_member(limit: Any) -> None:
    person, reward = redeeming.rich(), redeeming.reward(**{limit: 2})
    first = redeeming.placed(person, reward)
    redeeming.placed(person, reward)
    assert refusal(person, reward) == limit.replace("max", "limit")
    # Another's pieces do not count, nor those of an order that was cancelled.
    redeeming.placed(redeeming.rich(phone="13900139000"), reward)
    Redemption.objects.filter(pk=first.pk).update(state=STATE.CANCELLED)
    redeeming.placed(person, reward)


def test_limits_begin_anew_with_the_day_of_shanghai() -> None:
    person, reward = redeeming.rich(), redeeming.reward(day_max=1)
    late = timezone.now().replace(hour=15, minute=59, second=0)  # 23:59 in Shanghai
    redeeming.placed(person, reward, at=late)
    redeeming.placed(person, reward, at=late + timedelta(minutes=1))


def test_at_most_so_many_in_an_order() -> None:
    assert refusal(redeeming.rich(), redeeming.reward(order_max=2), quantity=3) == "order_limit"


def test_a_price_that_changed_meanwhile() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    assert refusal(person, reward, expected_points=90) == "price_changed"
    assert refusal(person, reward, expected_money=Decimal("1.00")) == "price_changed"
    redeeming.placed(person, reward, expected_points=100, expected_money=Decimal(0))


def test_prices_that_are_better_for_a_time_and_never_dearer() -> None:
    now = timezone.now()
    person, reward = redeeming.rich(), redeeming.reward()
    RewardPrice.objects.create(reward=reward, points=60, ends_at=now + timedelta(hours=1))
    RewardPrice.objects.create(reward=reward, points=10, starts_at=now + timedelta(hours=1))
    RewardPrice.objects.create(reward=reward, points=40, segment="vip")
    RewardPrice.objects.create(reward=reward, points=50, money=Decimal(5))
    assert redeeming.placed(person, reward).points == 60
    assert redeeming.placed(person, reward, at=now + timedelta(hours=2)).points == 10


def test_a_variant_may_cost_more() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    large = redeeming.variant(reward, extra_points=20)
    assert redeeming.placed(person, reward, variant_id=large.pk, quantity=2).points == 240


def test_delivery() -> None:
    person = redeeming.rich(2000)
    both = redeeming.reward(can_ship=True)
    assert refusal(person, both) == "delivery_not_offered"
    assert refusal(person, both, delivery="ship") == "address_needed"
    assert refusal(person, both, delivery="pick_up") == "pick_up_store_needed"
    assert refusal(person, both, delivery="teleport") == "delivery_not_offered"
    order = redeeming.placed(person, both, delivery="ship", address_id=redeeming.address(person).pk)
    assert (order.recipient, order.delivery) == ("林小雨", "ship")
    assert order.address.endswith("文三路 1 号")
    assert order.expected_on is not None


def test_the_address_of_somebody_else() -> None:
    person, other = redeeming.rich(), cast.member("13900139000")
    reward = redeeming.reward(can_ship=True)
    with pytest.raises(AddressUnknown):
        redeeming.redeemed(person, reward, delivery="ship", address_id=redeeming.address(other).pk)
    assert balance(person.pk, timezone.now()).available == 1000


def test_only_in_some_stores() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    here, there = redeeming.shop("A"), redeeming.shop("B")
    reward.stores.add(here)
    assert refusal(person, reward, pick_up_store_id=there.pk) == "pick_up_store_not_offered"
    order = redeeming.placed(person, reward, pick_up_store_id=here.pk)
    assert order.pick_up_store == here
    assert order.use_by is not None


def test_freight_is_paid_once_per_order() -> None:
    person = redeeming.rich()
    reward = redeeming.reward(
        can_ship=True, can_pick_up=False, freight=Decimal(8), money=Decimal(10)
    )
    order = redeeming.placed(person, reward, quantity=3, address_id=redeeming.address(person).pk)
    assert (order.money, order.freight, order.state) == (Decimal(38), Decimal(8), STATE.UNPAID)
    assert order.payment.amount == 3800


def test_money_without_a_provider(settings: Any) -> None:
    settings.PAYMENT_PROVIDER = ""
    assert refusal(redeeming.rich(), redeeming.reward(money=Decimal(1))) == "payment_unavailable"


def test_services_and_experiences_are_vouchers() -> None:
    person = redeeming.rich()
    service = redeeming.reward(kind=Reward.Kind.SERVICE, can_pick_up=False, left=None)
    order = redeeming.placed(person, service)
    assert (order.state, order.delivery) == (STATE.CONFIRMED, "voucher")
    assert [step.state for step in order.steps.order_by("pk")] == ["placed", "confirmed"]
    show = redeeming.reward(kind=Reward.Kind.EXPERIENCE, can_pick_up=False, left=0)
    tonight = timezone.now() + timedelta(hours=5)
    seat = redeeming.variant(show, left=1, starts_at=tonight)
    assert redeeming.placed(person, show, variant_id=seat.pk).use_by is not None
    assert refusal(person, show, variant_id=seat.pk) == "sold_out"
    past = redeeming.variant(show, left=1, starts_at=timezone.now() - timedelta(minutes=1))
    assert refusal(person, show, variant_id=past.pk) == "experience_over"


def test_an_account_with_the_partner() -> None:
    reward = redeeming.reward(
        kind=Reward.Kind.PARTNER, can_pick_up=False, partner="海航", partner_amount=500
    )
    person = redeeming.rich()
    assert refusal(person, reward) == "partner_account_needed"
    assert refusal(person, reward, partner_account="<script>") == "partner_account_invalid"
    order = redeeming.placed(person, reward, partner_account="HU-88001234")
    assert (order.state, order.delivery) == (STATE.PLACED, "partner")


def test_queries() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    redeeming.placed(person, reward)
    order = redeeming.order(reward)
    few = queries_of(person, order)
    for _more in range(3):
        redeeming.variant(reward)
        cast.earned(person, 50)
    assert queries_of(person, order) == few
    # One for all of the ledger, one for what the member is told; SQLite takes its own.
    assert few == (12 if connection.vendor == "postgresql" else few)


def queries_of(person: Any, order: Any) -> Any:
    with CaptureQueriesContext(connection) as context:
        redemption.redeem(
            member_id=person.pk,
            order=order,
            caller=f"member:{person.pk}",
            key=secrets.token_hex(8),
            actor=f"member:{person.pk}",
            at=timezone.now(),
        )
    return len(context)
