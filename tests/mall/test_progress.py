"""What becomes of orders: confirmed, shipped, handed over, cancelled, sent back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from mall.exceptions import RedemptionRefused
from mall.models import Redemption, Refund, Reward, StockMovement, VirtualCode
from mall.services import codes, handover, progress, returns, sweeps
from members.models import CodeAllowance
from points.models import LedgerSettings
from points.selectors import balance, lots
from points.services import expiry
from tests import cast
from tests.mall import redeeming

pytestmark = pytest.mark.django_db

STATE = Redemption.State
STAFF = "staff:1"


def available(person: Any) -> Any:
    return balance(person.pk, timezone.now()).available


def counters(reward: Any) -> Any:
    variant = reward.variants.get()
    names = ("stocked", "remaining", "reserved", "fulfilled", "written_off")
    return tuple(getattr(variant, name) for name in names)


def code_of(call: Any, **values: Any) -> Any:
    with pytest.raises(RedemptionRefused) as caught:
        call(**values)
    assert str(caught.value)
    return caught.value.code


def shipped(person: Any, reward: Any, **values: Any) -> Any:
    order = redeeming.placed(person, reward, **values)
    progress.confirm(redemption_id=order.pk, actor=STAFF, at=timezone.now())
    return progress.ship(
        redemption_id=order.pk,
        carrier="顺丰",
        tracking_number="SF1234567890",
        actor=STAFF,
        at=timezone.now(),
    )


def parcel(**values: Any) -> Any:
    return redeeming.reward(can_ship=True, can_pick_up=False, **values)


def test_confirmed_shipped_received() -> None:
    person, reward = redeeming.rich(), parcel(left=5)
    home = redeeming.address(person)
    order = shipped(person, reward, quantity=2, address_id=home.pk)
    assert (order.state, order.carrier) == (STATE.SHIPPED, "顺丰")
    assert counters(reward) == (5, 3, 0, 2, 0)
    again = progress.ship(
        redemption_id=order.pk, carrier="顺丰", tracking_number="SF1234567890", actor=STAFF,
        at=timezone.now(),
    )  # fmt: skip
    assert again.steps.count() == 3
    other = cast.member("13900139000")
    now = timezone.now()
    assert (
        code_of(progress.complete, redemption_id=order.pk, member_id=other.pk, actor="m", at=now)
        == "redemption_unknown"
    )
    done = progress.complete(redemption_id=order.pk, member_id=person.pk, actor="m", at=now)
    assert done.state == STATE.COMPLETED
    assert [step.state for step in done.steps.order_by("pk")] == [
        "placed",
        "confirmed",
        "shipped",
        "completed",
    ]


def test_a_correction_of_the_tracking_number_is_a_step() -> None:
    person, reward = redeeming.rich(), parcel()
    order = shipped(person, reward, address_id=redeeming.address(person).pk)
    progress.ship(
        redemption_id=order.pk,
        carrier="中通",
        tracking_number="ZT1",
        actor=STAFF,
        at=timezone.now(),
    )
    order.refresh_from_db()
    assert (order.carrier, order.steps.count()) == ("中通", 4)
    assert counters(reward)[3] == 1


def test_what_was_shipped_long_ago_counts_as_received() -> None:
    person, reward = redeeming.rich(), parcel()
    order = shipped(person, reward, address_id=redeeming.address(person).pk)
    assert sweeps.complete_shipped(now=timezone.now() + timedelta(days=9)) == 0
    assert sweeps.complete_shipped(now=timezone.now() + timedelta(days=10, minutes=1)) == 1
    order.refresh_from_db()
    assert order.state == STATE.COMPLETED


def test_cancelling_puts_points_back_into_their_lots() -> None:
    person, reward = cast.member(), redeeming.reward(left=3)
    now = timezone.now()
    cast.earned(person, 80, expires_at=now + timedelta(days=10))
    cast.earned(person, 200, expires_at=now + timedelta(days=300))
    before = list(lots(person.pk, now).values_list("pk", "remaining", "expires_at"))
    order = redeeming.placed(person, reward)
    cancelled = progress.cancel(
        redemption_id=order.pk, actor=f"member:{person.pk}", at=now, member_id=person.pk
    )
    assert (cancelled.state, cancelled.points_back) == (STATE.CANCELLED, 100)
    assert list(lots(person.pk, now).values_list("pk", "remaining", "expires_at")) == before
    assert counters(reward) == (3, 3, 0, 0, 0)
    progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
    assert available(person) == 280
    assert redeeming.books_are_clean()


@pytest.mark.parametrize(("grace", "back"), [(0, 20), (7, 100)])
def test_cancelling_after_a_lot_has_lapsed(grace: Any, back: Any) -> None:
    LedgerSettings.objects.create(restore_grace_days=grace)
    person, reward = cast.member(), redeeming.reward()
    now = timezone.now()
    cast.earned(person, 80, at=now - timedelta(days=2), expires_at=now + timedelta(hours=1))
    cast.earned(person, 20)
    order = redeeming.placed(person, reward)
    later = now + timedelta(hours=2)
    expiry.expire_due(cutoff_at=later, recorded_at=later)
    progress.cancel(redemption_id=order.pk, actor="m", at=later, member_id=person.pk)
    assert balance(person.pk, later).available == back
    assert redeeming.books_are_clean()


def test_nothing_is_cancelled_after_shipping_or_by_others() -> None:
    person, reward = redeeming.rich(), parcel()
    now = timezone.now()
    order = shipped(person, reward, address_id=redeeming.address(person).pk)
    cancel = progress.cancel
    assert (
        code_of(cancel, redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
        == "redemption_not_cancellable"
    )
    assert code_of(cancel, redemption_id=order.pk, actor=STAFF, at=now) == "reason_needed"
    other = redeeming.placed(person, redeeming.reward())
    stranger = cast.member("13900139000")
    assert (
        code_of(cancel, redemption_id=other.pk, actor="m", at=now, member_id=stranger.pk)
        == "redemption_unknown"
    )
    assert code_of(cancel, redemption_id=0, actor="m", at=now, member_id=1) == "redemption_unknown"


def test_an_experience_can_be_cancelled_until_its_hours() -> None:
    person = redeeming.rich()
    show = redeeming.reward(kind=Reward.Kind.EXPERIENCE, can_pick_up=False, left=0)
    begins = timezone.now() + timedelta(days=3)
    seat = redeeming.variant(show, left=2, starts_at=begins)
    order = redeeming.placed(person, show, variant_id=seat.pk)
    late = begins - timedelta(hours=23)
    assert (
        code_of(progress.cancel, redemption_id=order.pk, actor="m", at=late, member_id=person.pk)
        == "redemption_too_late_to_cancel"
    )
    progress.cancel(
        redemption_id=order.pk, actor="m", at=begins - timedelta(hours=25), member_id=person.pk
    )
    seat.refresh_from_db()
    assert (seat.remaining, available(person)) == (2, 1000)


def test_orders_that_nobody_pays_free_everything() -> None:
    person, reward = redeeming.rich(), redeeming.reward(money=Decimal(9), left=1, ever_max=1)
    order = redeeming.placed(person, reward)
    assert order.state == STATE.UNPAID
    assert order.pay_by is not None
    assert sweeps.cancel_unpaid(now=order.pay_by - timedelta(seconds=1)) == 0
    assert sweeps.cancel_unpaid(now=order.pay_by) == 1
    order.refresh_from_db()
    order.payment.refresh_from_db()
    assert (order.state, order.payment.state) == (STATE.CANCELLED, "closed")
    assert not order.money_back
    assert available(person) == 1000
    assert counters(reward) == (1, 1, 0, 0, 0)
    redeeming.placed(person, reward)


def test_a_paid_order_that_is_cancelled_gets_its_money_back() -> None:
    person, reward = redeeming.rich(), redeeming.reward(money=Decimal("9.90"))
    order = redeeming.placed(person, reward)
    now = timezone.now()
    type(order.payment).objects.update(state="paid", paid_at=now)
    progress.mark_paid(redemption_id=order.pk, actor="pay", at=now)
    assert progress.mark_paid(redemption_id=order.pk, actor="pay", at=now).state == STATE.PLACED
    done = progress.cancel(redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
    assert done.money_back == Decimal("9.90")
    assert Refund.objects.get().amount == 990


def pool(*texts: Any, **values: Any) -> Any:
    reward = redeeming.reward(kind=Reward.Kind.VIRTUAL, can_pick_up=False, left=0, **values)
    taken = codes.bring_in(
        variant_id=reward.variants.get().pk,
        codes=texts,
        name="首批",
        valid_until=None,
        actor=STAFF,
        at=timezone.now(),
    )
    return reward, taken


def test_virtual_codes_are_delivered_at_once_and_shown_when_opened() -> None:
    person = redeeming.rich()
    reward, taken = pool("AAA-1", " BBB-2 ", "AAA-1", "", "CCC-3")
    assert (taken.taken, taken.repeated) == (3, 0)
    order = redeeming.placed(person, reward, quantity=2)
    assert order.state == STATE.COMPLETED
    assert counters(reward) == (3, 1, 0, 2, 0)
    rows = VirtualCode.objects.filter(redemption=order)
    assert not any(b"AAA" in bytes(row.secret) for row in rows)
    assert all(row.opened_at is None for row in rows)
    assert codes.opened(redemption=order, at=timezone.now()) == ["AAA-1", "BBB-2"]
    assert all(row.opened_at is not None for row in rows.all())
    kinds = list(StockMovement.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["restock", "reserve", "fulfil"]
    redeeming.placed(person, reward)
    assert code_of(redeeming.placed, person=person, of=reward) == "sold_out"
    cancel = progress.cancel
    now = timezone.now()
    assert (
        code_of(cancel, redemption_id=order.pk, actor="m", at=now, member_id=person.pk)
        == "redemption_not_cancellable"
    )


def test_the_same_codes_are_not_brought_in_twice() -> None:
    reward, _taken = pool("A", "B")
    again = codes.bring_in(
        variant_id=reward.variants.get().pk, codes=["B", "C"], name="again", valid_until=None,
        actor=STAFF, at=timezone.now(),
    )  # fmt: skip
    assert (again.taken, again.repeated) == (1, 1)
    assert counters(reward) == (3, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("texts", "code"),
    [([], "codes_missing"), (["  "], "codes_missing"), (["a\x00b"], "code_invalid"),
     (["x" * 501], "code_invalid")],
)  # fmt: skip
def test_codes_that_are_none(texts: Any, code: Any) -> None:
    reward = redeeming.reward(kind=Reward.Kind.VIRTUAL, can_pick_up=False, left=0)
    values = {"variant_id": reward.variants.get().pk, "name": "x", "valid_until": None}
    assert code_of(codes.bring_in, codes=texts, actor=STAFF, at=timezone.now(), **values) == code
    assert not VirtualCode.objects.exists()


def test_handing_over_works_once_in_the_right_store() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    here, there = redeeming.shop("S1"), redeeming.shop("S2")
    order = redeeming.placed(person, reward)
    now = timezone.now()
    shown = redeeming.digits(order, now)
    values: dict[str, Any] = {"code": shown, "scanner": STAFF, "actor": STAFF, "at": now}
    assert code_of(handover.hand_over, store_id=there.pk, **values) == "hand_over_wrong_store"
    done = handover.hand_over(store_id=here.pk, **values)
    assert (done.state, done.handed_over_in) == (STATE.COMPLETED, here)
    assert counters(reward) == (10, 9, 0, 1, 0)
    assert code_of(handover.hand_over, store_id=here.pk, **values) == "hand_over_done"
    assert handover.code_of(done, at=now) is None


def test_a_code_is_good_for_a_minute_at_most() -> None:
    order = redeeming.placed(redeeming.rich(), redeeming.reward())
    now = timezone.now()
    digits = redeeming.digits(order, now)
    values: dict[str, Any] = {"code": digits, "store_id": redeeming.shop().pk}
    values |= {"scanner": STAFF, "actor": STAFF}
    wrong = {**values, "code": digits[:-1] + str((int(digits[-1]) + 1) % 10)}
    assert code_of(handover.hand_over, at=now, **wrong) == "hand_over_code_wrong"
    late = now + timedelta(seconds=61)
    assert code_of(handover.hand_over, at=late, **values) == "hand_over_code_wrong"
    spaced = {**values, "code": " ".join([digits[:8], digits[8:]])}
    assert handover.hand_over(at=now, **spaced).state == STATE.COMPLETED


def test_wrong_codes_are_counted() -> None:
    shop, now = redeeming.shop(), timezone.now()
    values = {"code": "1" * 24, "store_id": shop.pk, "scanner": STAFF, "at": now}
    for _nth in range(handover.WRONG_MAX):
        assert code_of(handover.look_up, **values) == "hand_over_code_wrong"
    assert code_of(handover.look_up, **values) == "hand_over_too_many"
    assert CodeAllowance.objects.get().used == handover.WRONG_MAX


def test_a_voucher_is_used_in_any_of_its_stores_and_not_after_its_time() -> None:
    person = redeeming.rich()
    service = redeeming.reward(kind=Reward.Kind.SERVICE, can_pick_up=False, voucher_days=7)
    service.stores.add(redeeming.shop("A"))
    order = redeeming.placed(person, service)
    late = order.use_by or timezone.now()
    values = {"scanner": STAFF, "actor": STAFF}
    digits = redeeming.digits(order, late)
    shop, other = redeeming.shop("A").pk, redeeming.shop("B").pk
    assert (
        code_of(handover.hand_over, code=digits, store_id=shop, at=late, **values)
        == "hand_over_late"
    )
    now = timezone.now()
    digits = redeeming.digits(order, now)
    assert (
        code_of(handover.hand_over, code=digits, store_id=other, at=now, **values)
        == "hand_over_wrong_store"
    )
    assert handover.hand_over(code=digits, store_id=shop, at=now, **values).state == "completed"


def asked(order: Any, person: Any, quantity: Any, **values: Any) -> Any:
    given: dict[str, Any] = {"reason": "quality", "words": "杯口有缺口", "at": timezone.now()}
    return returns.ask(
        redemption_id=order.pk, member_id=person.pk, quantity=quantity, **(given | values)
    )


def sent_back(order: Any, person: Any, quantity: Any, *, is_sellable: Any = True) -> Any:
    one = asked(order, person, quantity)
    now = timezone.now()
    returns.decide(return_id=one.pk, is_approved=True, answer="", actor=STAFF, at=now)
    returns.receive(return_id=one.pk, is_sellable=is_sellable, actor=STAFF, at=now)
    return returns.receive(return_id=one.pk, is_sellable=is_sellable, actor=STAFF, at=now)


def test_goods_sent_back_piece_by_piece_end_where_all_at_once_would() -> None:
    person, reward = redeeming.rich(), parcel(points=33, left=5)
    order = shipped(person, reward, quantity=3, address_id=redeeming.address(person).pk)
    assert sent_back(order, person, 1).points == 33
    assert sent_back(order, person, 2, is_sellable=False).points == 66
    order.refresh_from_db()
    assert (order.state, order.points_back, available(person)) == (STATE.RETURNED, 99, 1000)
    assert counters(reward) == (6, 3, 0, 3, 0)
    assert code_of(asked, order=order, person=person, quantity=1) == "return_not_offered"
    assert redeeming.books_are_clean()


def test_when_goods_can_be_sent_back() -> None:
    person, reward = redeeming.rich(), parcel()
    order = shipped(person, reward, address_id=redeeming.address(person).pk)
    late = timezone.now() + timedelta(days=7, minutes=1)
    values = {"order": order, "person": person}
    assert code_of(asked, quantity=1, at=late, **values) == "return_closed"
    assert code_of(asked, quantity=2, **values) == "return_too_many"
    assert code_of(asked, quantity=0, **values) == "quantity_invalid"
    assert code_of(asked, quantity=1, reason="whim", **values) == "reason_needed"
    first = asked(order, person, 1)
    assert code_of(asked, quantity=1, **values) == "return_open"
    now = timezone.now()
    decide = returns.decide
    assert (
        code_of(decide, return_id=first.pk, is_approved=False, answer=" ", actor=STAFF, at=now)
        == "reason_needed"
    )
    decide(return_id=first.pk, is_approved=False, answer="已使用", actor=STAFF, at=now)
    assert (
        code_of(decide, return_id=first.pk, is_approved=True, answer="", actor=STAFF, at=now)
        == "return_decided"
    )
    second = asked(order, person, 1)
    returns.withdraw(return_id=second.pk, member_id=person.pk, at=now)
    digital, _taken = pool("X")
    bought = redeeming.placed(person, digital)
    assert code_of(asked, order=bought, person=person, quantity=1) == "return_not_offered"


def test_popularity_counts_thirty_days_without_what_was_cancelled() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    now = timezone.now()
    redeeming.placed(person, reward, quantity=2)
    gone = redeeming.placed(person, reward)
    progress.cancel(redemption_id=gone.pk, actor="m", at=now, member_id=person.pk)
    assert sweeps.count_popularity(now=now) == 1
    reward.refresh_from_db()
    assert reward.popularity == 2
    assert sweeps.count_popularity(now=now) == 0
    assert sweeps.count_popularity(now=now + timedelta(days=31)) == 1


def test_empty_rewards_leave_the_shelf_where_it_is_wanted() -> None:
    from mall.services import stock

    person = redeeming.rich()
    stays = redeeming.reward(left=1)
    leaves = redeeming.reward(left=1, leaves_when_empty=True)
    for reward in (stays, leaves):
        redeeming.placed(person, reward)
    assert stock.take_down_empty(at=timezone.now()) == 1
    leaves.refresh_from_db()
    assert leaves.state == Reward.State.OFF
