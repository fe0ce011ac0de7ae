"""Members who redeem at one instant: what was granted is counted, not what went wrong."""

import secrets
from typing import Any

import pytest
from django.utils import timezone

from mall.exceptions import RedemptionRefused
from mall.models import Redemption, Reward, StockMovement, Variant, VirtualCode
from mall.services import codes, handover, progress, redemption, returns, sweeps
from points.exceptions import InsufficientPoints
from points.selectors import balance
from tests.mall import redeeming
from tests.racing import refused, succeeded, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

CALLERS = 24


def redeem(person: Any, order: Any, key: Any = "") -> Any:
    return redemption.redeem(
        member_id=person.pk,
        order=order,
        caller=f"member:{person.pk}",
        key=key or secrets.token_hex(8),
        actor=f"member:{person.pk}",
        at=timezone.now(),
    )


def stock_adds_up(variant_id: Any) -> Any:
    """I7, and that the movements tell the same."""
    variant = Variant.objects.get(pk=variant_id)
    parts = variant.remaining + variant.reserved + variant.fulfilled + variant.written_off
    assert variant.stocked == parts
    moved = {"restock": 1, "return": 1, "release": 1, "reserve": -1, "write_off": -1, "fulfil": 0}
    rows = StockMovement.objects.filter(variant=variant).values_list("kind", "quantity")
    assert sum(moved[kind] * quantity for kind, quantity in rows) == variant.remaining
    return variant


def test_the_last_piece_goes_to_exactly_one() -> None:
    people = list(redeeming.members(CALLERS))
    reward = redeeming.reward(left=1)
    order = redeeming.order(reward)
    answers = together(CALLERS, lambda n: redeem(people[n], order))
    assert len(succeeded(answers)) == 1
    assert {type(one) for one in refused(answers)} == {RedemptionRefused}
    assert {getattr(one, "code", one) for one in refused(answers)} == {"sold_out"}
    assert sum(balance(one.pk, timezone.now()).available for one in people) == 24 * 1000 - 100
    variant = stock_adds_up(order.variant_id)
    assert (variant.remaining, variant.reserved) == (0, 1)
    assert redeeming.books_are_clean()


def test_as_many_as_there_are_and_nobody_is_told_sold_out_in_vain() -> None:
    people = list(redeeming.members(CALLERS))
    reward = redeeming.reward(left=CALLERS)
    order = redeeming.order(reward)
    answers = together(CALLERS, lambda n: redeem(people[n], order))
    assert len(succeeded(answers)) == CALLERS
    assert stock_adds_up(order.variant_id).remaining == 0


def test_one_member_spends_no_point_twice() -> None:
    person = redeeming.rich(300)
    order = redeeming.order(redeeming.reward(left=100))
    answers = together(CALLERS, lambda n: redeem(person, order))
    assert len(succeeded(answers)) == 3
    assert {type(one) for one in refused(answers)} == {InsufficientPoints}
    assert balance(person.pk, timezone.now()).available == 0
    assert Redemption.objects.count() == 3


@pytest.mark.parametrize("limit", ["day_max", "month_max", "ever_max"])
def test_limits_hold(limit: Any) -> None:
    person = redeeming.rich(100_000)
    order = redeeming.order(redeeming.reward(left=100, **{limit: 2}))
    answers = together(CALLERS, lambda n: redeem(person, order))
    assert len(succeeded(answers)) == 2
    assert Redemption.objects.count() == 2


def test_a_double_click_is_one_order() -> None:
    person = redeeming.rich(100_000)
    order = redeeming.order(redeeming.reward())
    answers = succeeded(together(CALLERS, lambda n: redeem(person, order, "the same")))
    assert len(answers) == CALLERS
    assert sum(not one.is_replay for one in answers) == 1
    assert len({one.redemption.number for one in answers}) == 1
    assert balance(person.pk, timezone.now()).available == 99_900


def test_every_code_goes_to_one() -> None:
    people = list(redeeming.members(CALLERS))
    reward = redeeming.reward(kind=Reward.Kind.VIRTUAL, can_pick_up=False, left=0)
    order = redeeming.order(reward)
    codes.bring_in(
        variant_id=order.variant_id,
        codes=[f"CODE-{n}" for n in range(10)],
        name="x",
        valid_until=None,
        actor="staff:1",
        at=timezone.now(),
    )
    answers = together(CALLERS, lambda n: redeem(people[n], order))
    assert len(succeeded(answers)) == 10
    assert VirtualCode.objects.filter(state="taken").values("redemption").distinct().count() == 10


def test_a_code_for_the_counter_works_once() -> None:
    order = redeeming.placed(redeeming.rich(), redeeming.reward())
    now = timezone.now()
    digits = redeeming.digits(order, now)
    shop = redeeming.shop().pk
    answers = together(
        CALLERS,
        lambda n: handover.hand_over(
            code=digits, store_id=shop, scanner=f"staff:{n}", actor=f"staff:{n}", at=now
        ),
    )
    assert len(succeeded(answers)) == 1
    assert {getattr(one, "code", one) for one in refused(answers)} == {"hand_over_done"}
    assert stock_adds_up(order.variant_id).fulfilled == 1


def test_cancelled_or_handed_over_but_never_both() -> None:
    person = redeeming.rich()
    order = redeeming.placed(person, redeeming.reward())
    now = timezone.now()
    digits = redeeming.digits(order, now)
    shop = redeeming.shop().pk

    def act(n: Any) -> Any:
        if n % 2:
            return progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
        return handover.hand_over(
            code=digits, store_id=shop, scanner="staff:1", actor="staff:1", at=now
        )

    together(CALLERS, act)
    order.refresh_from_db()
    points = balance(person.pk, now).available
    assert (order.state, points) in {("cancelled", 1000), ("completed", 900)}
    stock_adds_up(order.variant_id)
    assert redeeming.books_are_clean()


def test_cancelling_together_gives_back_once() -> None:
    person = redeeming.rich()
    order = redeeming.placed(person, redeeming.reward())
    now = timezone.now()
    together(
        CALLERS,
        lambda n: progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk),
    )
    assert balance(person.pk, now).available == 1000
    assert stock_adds_up(order.variant_id).remaining == 10


def test_paid_or_timed_out_but_never_both() -> None:
    person = redeeming.rich()
    order = redeeming.placed(person, redeeming.reward(money=9))
    late = order.pay_by or timezone.now()

    def act(n: Any) -> Any:
        if n % 2:
            return sweeps.cancel_unpaid(now=late)
        return progress.mark_paid(redemption_id=order.pk, actor="pay", at=late)

    together(CALLERS, act)
    order.refresh_from_db()
    points = balance(person.pk, timezone.now()).available
    assert (order.state, points) in {("cancelled", 1000), ("placed", 900)}


def test_goods_come_back_once() -> None:
    person = redeeming.rich()
    reward = redeeming.reward(can_ship=True, can_pick_up=False)
    order = redeeming.placed(person, reward, address_id=redeeming.address(person).pk)
    now = timezone.now()
    progress.ship(redemption_id=order.pk, carrier="顺丰", tracking_number="1", actor="s", at=now)
    asked = together(
        CALLERS,
        lambda n: returns.ask(
            redemption_id=order.pk,
            member_id=person.pk,
            quantity=1,
            reason="quality",
            words="",
            at=now,
        ),
    )
    (one,) = succeeded(asked)
    returns.decide(return_id=one.pk, is_approved=True, answer="", actor="s", at=now)
    together(
        CALLERS,
        lambda n: returns.receive(return_id=one.pk, is_sellable=True, actor="s", at=now),
    )
    assert balance(person.pk, now).available == 1000
    assert stock_adds_up(order.variant_id).stocked == 11
    assert redeeming.books_are_clean()


@pytest.mark.rounds
def test_the_last_piece_two_hundred_times() -> None:
    """A synchronised burst of 24 on the last unit: exactly one, each of 200 rounds."""
    people = list(redeeming.members(CALLERS, points=1_000_000))
    reward = redeeming.reward(left=0)
    order = redeeming.order(reward)
    granted = []
    for _round in range(200):
        redeeming.come_in(order.variant_id, 1)
        granted.append(len(succeeded(together(CALLERS, lambda n: redeem(people[n], order)))))
    assert granted == [1] * 200
    assert Redemption.objects.count() == 200
    assert stock_adds_up(order.variant_id).remaining == 0
    assert redeeming.books_are_clean()
