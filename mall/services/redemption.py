"""Redeeming a reward: one service behind the pages, the API, the till and the staff."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import localtime

from mall import signals
from mall.exceptions import RedemptionRefused
from mall.models import Redemption, RedemptionStep, Reward, StockMovement
from mall.policies import numbers, offers
from mall.selectors.offers import Offer, offer_of
from mall.services import deliveries, payment_rows, stock, writing
from mall.services.deliveries import Delivery
from mall.services.orders import Order
from points.exceptions import ReferenceConflict
from points.services import accounts, checks, ledger

KEY_MAX = 64
SOURCE = "mall"
_ATTEMPTS = 3
_QUANTITY_MAX = 10_000
_STATE = Redemption.State
_FIRST = "SELECT id, fingerprint FROM mall_redemption WHERE caller = %s AND key = %s"


@dataclass(frozen=True, slots=True)
class Redeemed:
    redemption: Redemption
    is_replay: bool


def redeem(
    *,
    member_id: int,
    order: Order,
    caller: str,
    key: str,
    actor: str,
    at: datetime,
    store_id: int | None = None,
) -> Redeemed:
    """Place an order: points are spent, soonest to expire first, and the stock is taken (F49).

    All or nothing, in one transaction. `caller` and `key` make it happen once: the same key with
    the same content answers the first order, with other content it raises `ReferenceConflict`
    (I6). Locks the member's account, then the variant, then codes or coupons. What is delivered
    at once is completed; what has a part in money waits for its payment.

    Raises `RedemptionRefused` (gates, windows, limits, stock, price, delivery), `AddressUnknown`,
    `InsufficientPoints` with both figures, `AccountFrozen`.
    """
    _check_input(order, key)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                accounts.lock([member_id], at=at)
                if first := _first_answer(caller, key, order):
                    return Redeemed(first, is_replay=True)
                placing = _Placing(member_id, order, caller, key, actor, at, store_id)
                return Redeemed(placing.place(), is_replay=False)
        except IntegrityError as error:
            # A number that exists, one in thousands of millions a day: another is drawn.
            if "number" not in str(error) or attempt == _ATTEMPTS:
                raise
    raise AssertionError


def _check_input(order: Order, key: str) -> None:
    checks.text(key, field="key", length=KEY_MAX)
    if type(order.quantity) is not int or not 1 <= order.quantity <= _QUANTITY_MAX:
        raise RedemptionRefused("quantity_invalid", field="quantity")


def _first_answer(caller: str, key: str, order: Order) -> Redemption | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, [caller, key])
        found = cursor.fetchone()
    if found is None:
        return None
    if found[1] != order.fingerprint:
        raise ReferenceConflict(field="key", reference=key)
    return Redemption.objects.get(pk=found[0])


class _Placing:
    """One order on its way, under the lock of its member's account."""

    def __init__(
        self,
        member_id: int,
        order: Order,
        caller: str,
        key: str,
        actor: str,
        at: datetime,
        store_id: int | None,
    ) -> None:
        self.member_id = member_id
        self.order = order
        self.caller = caller
        self.key = key
        self.actor = actor
        self.at = at
        self.store_id = store_id

    def place(self) -> Redemption:
        order = self.order
        offer = offer_of(order.variant_id, order.reward_id, self.member_id, at=self.at)
        if offer is None or not offers.is_visible(offer.terms):
            raise RedemptionRefused("reward_unknown", field="reward")
        if reason := offer.refusal(quantity=order.quantity, at=self.at):
            raise RedemptionRefused(reason.code, **reason.params)
        reward = offer.reward
        delivery = deliveries.of(reward, order, member_id=self.member_id)
        redemption = self._drafted(reward, offer, delivery)
        self._check_price(redemption)
        # First, since it alone may be refused for want of points, and its row has no neighbours.
        self._spend(redemption, reward, offer)
        writing.insert([redemption])
        self._take_stock(redemption, offer)
        self._note_steps(redemption)
        if redemption.state == _STATE.COMPLETED:
            deliveries.hand_out(redemption=redemption, reward=reward, actor=self.actor, at=self.at)
        if redemption.state == _STATE.UNPAID:
            payment_rows.open_payment(redemption=redemption, at=self.at)
        return redemption

    def _drafted(self, reward: Reward, offer: Offer, delivery: Delivery) -> Redemption:
        order, at = self.order, self.at
        points, money = offers.total(offer.price, order.quantity)
        freight = deliveries.freight(reward, delivery, offer, quantity=order.quantity)
        money += freight
        if money and not settings.PAYMENT_PROVIDER:
            raise RedemptionRefused("payment_unavailable")
        redemption = Redemption(
            number=numbers.order_number(localtime(at).date(), secrets.randbelow(10**10)),
            member_id=self.member_id,
            reward=reward,
            variant=offer.variant,
            quantity=order.quantity,
            points=points,
            money=money,
            freight=freight,
            delivery=delivery.way,
            recipient=delivery.recipient,
            phone=delivery.phone,
            address=delivery.address,
            partner_account=delivery.partner_account,
            store_id=self.store_id,
            pick_up_store=delivery.store,
            caller=self.caller,
            key=self.key,
            fingerprint=order.fingerprint,
            placed_at=at,
            state_at=at,
            use_by=_use_by(reward, offer, delivery, at),
            expected_on=_expected_on(offer, delivery, at),
        )
        redemption.state = self._first_state(reward, redemption)
        if redemption.state == _STATE.UNPAID:
            redemption.pay_by = at + timedelta(minutes=offer.unpaid_minutes)
        if redemption.state == _STATE.COMPLETED:
            redemption.completed_at = at
        return redemption

    @staticmethod
    def _first_state(reward: Reward, redemption: Redemption) -> Redemption.State:
        if redemption.money:
            return _STATE.UNPAID
        return deliveries.state_when_paid(redemption.delivery)

    def _check_price(self, redemption: Redemption) -> None:
        """What was shown is what is taken: two tabs, an old page, a price that ended."""
        order = self.order
        expected = (order.expected_points, order.expected_money)
        actual = (redemption.points, redemption.money)
        pairs = zip(expected, actual, strict=True)
        if any(shown is not None and shown != real for shown, real in pairs):
            raise RedemptionRefused(
                "price_changed",
                field="expected_points",
                points=redemption.points,
                money=redemption.money,
            )

    def _spend(self, redemption: Redemption, reward: Reward, offer: Offer) -> None:
        ledger.spend(
            member_id=self.member_id,
            points=redemption.points,
            reference=redemption.reference,
            source=SOURCE,
            actor=self.actor,
            at=self.at,
            store_id=redemption.pick_up_store_id or redemption.store_id,
            explanation=_explanation(redemption, reward, offer),
        )

    def _take_stock(self, redemption: Redemption, offer: Offer) -> None:
        if not offer.stock.is_counted:
            return
        kinds = [StockMovement.Kind.RESERVE]
        if redemption.state == _STATE.COMPLETED:
            kinds.append(StockMovement.Kind.FULFIL)
        for kind in kinds:
            stock.move(
                kind=kind,
                variant_id=redemption.variant_id,
                quantity=redemption.quantity,
                actor=self.actor,
                at=self.at,
                redemption_id=redemption.pk,
            )

    def _note_steps(self, redemption: Redemption) -> None:
        states = [redemption.state]
        if redemption.state not in (_STATE.UNPAID, _STATE.PLACED):
            states.insert(0, _STATE.PLACED)
        writing.insert(
            [
                RedemptionStep(redemption=redemption, state=state, actor=self.actor, at=self.at)
                for state in states
            ]
        )
        for state in states:
            signals.redemption_moved.send(
                sender=Redemption, redemption=redemption, state=state, actor=self.actor, at=self.at
            )


def _use_by(reward: Reward, offer: Offer, delivery: Delivery, at: datetime) -> datetime | None:
    """Until when it is to be collected or used: the end of that day in the shop's time zone."""
    if delivery.way not in (Redemption.Delivery.PICK_UP, Redemption.Delivery.VOUCHER):
        return None
    if offer.stock.starts_at is not None:
        return offer.ends_at or offer.stock.starts_at + timedelta(days=1)
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=reward.voucher_days + 1)


def _expected_on(offer: Offer, delivery: Delivery, at: datetime) -> date | None:
    if delivery.way != Redemption.Delivery.SHIP:
        return None
    return localtime(at + timedelta(hours=offer.ship_hours)).date()


def _explanation(redemption: Redemption, reward: Reward, offer: Offer) -> dict[str, Any]:
    """What the ledger's entry says of itself; names, since a reward may be renamed later."""
    return {
        "type": "redemption",
        "number": redemption.number,
        "reward": reward.name,
        "reward_en": reward.name_en,
        "variant": offer.sku,
        "quantity": redemption.quantity,
        "each": offer.price.points,
        "usual": offer.usual.points,
        "why": offer.price.why,
        "money": str(redemption.money),
        "result": -redemption.points,
    }
