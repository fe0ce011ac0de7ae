"""How an order reaches its member, and what that costs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from mall.exceptions import RedemptionRefused
from mall.models import Coupon, Redemption, Reward
from mall.selectors.offers import Offer
from mall.services import codes, coupons
from mall.services.orders import Order
from members.exceptions import AddressUnknown
from members.models import Address
from members.policies import regions
from stores.models import Store

_WAY = Redemption.Delivery
_STATE = Redemption.State
_ACCOUNT_MIN, _ACCOUNT_MAX = 4, 40
_ZERO = Decimal(0)
# Whatever is not sent or picked up has one way only.
_ONLY_WAY = {
    Reward.Kind.VIRTUAL: _WAY.DIGITAL,
    Reward.Kind.COUPON: _WAY.DIGITAL,
    Reward.Kind.RIGHT: _WAY.DIGITAL,
    Reward.Kind.SERVICE: _WAY.VOUCHER,
    Reward.Kind.EXPERIENCE: _WAY.VOUCHER,
    Reward.Kind.PARTNER: _WAY.PARTNER,
}

# An active store that is among those of the reward, or the reward names none.
_OFFERED_IN = """
SELECT s.id, s.code, s.name FROM stores_store s WHERE s.id = %(store)s AND s.is_active AND (
    EXISTS (SELECT 1 FROM mall_reward_stores o WHERE o.reward_id = %(reward)s
            AND o.store_id = s.id)
    OR NOT EXISTS (SELECT 1 FROM mall_reward_stores o WHERE o.reward_id = %(reward)s))
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way, and what of the member's data it needs."""

    way: str
    recipient: str = ""
    phone: str = ""
    address: str = ""
    store: Store | None = None
    partner_account: str = ""


def ways_of(reward: Reward) -> list[str]:
    """The ways in which the reward can be delivered."""
    if reward.kind != Reward.Kind.PHYSICAL:
        return [_ONLY_WAY[Reward.Kind(reward.kind)].value]
    offered = ((_WAY.SHIP, reward.can_ship), (_WAY.PICK_UP, reward.can_pick_up))
    return [way.value for way, is_offered in offered if is_offered]


def of(reward: Reward, order: Order, *, member_id: int) -> Delivery:
    """The delivery of an order. Raises `RedemptionRefused` or `AddressUnknown`."""
    ways = ways_of(reward)
    way = order.delivery or (ways[0] if len(ways) == 1 else "")
    if way not in ways:
        raise RedemptionRefused("delivery_not_offered", field="delivery")
    if way == _WAY.SHIP:
        return _to_address(order.address_id, member_id)
    if way == _WAY.PICK_UP:
        return Delivery(way, store=_store(reward, order.pick_up_store_id))
    if way == _WAY.PARTNER:
        return Delivery(way, partner_account=_account(order.partner_account))
    return Delivery(way)


def _to_address(address_id: int | None, member_id: int) -> Delivery:
    if address_id is None:
        raise RedemptionRefused("address_needed", field="address")
    address = Address.objects.filter(pk=address_id, member_id=member_id).first()
    if address is None:
        raise AddressUnknown(field="address")
    return Delivery(
        _WAY.SHIP,
        recipient=address.recipient,
        phone=address.phone,
        address=f"{regions.name(address.region)} {address.detail}",
    )


def stores_of(reward: Reward) -> list[Store]:
    """The stores in which the reward is handed over: those that were chosen, or all. One query,
    or two."""
    active = Store.objects.filter(is_active=True).order_by("code")
    chosen = list(reward.stores.order_by("code"))
    return [store for store in chosen if store.is_active] if chosen else list(active)


def is_offered_in(reward: Reward, store_id: int) -> bool:
    """Whether the reward may be handed over in this store. One query."""
    only = set(reward.stores.values_list("pk", flat=True))
    return not only or store_id in only


def _store(reward: Reward, store_id: int | None) -> Store:
    if store_id is None:
        raise RedemptionRefused("pick_up_store_needed", field="pick_up_store")
    with connection.cursor() as cursor:
        cursor.execute(_OFFERED_IN, {"store": store_id, "reward": reward.pk})
        row = cursor.fetchone()
    if row is None:
        raise RedemptionRefused("pick_up_store_not_offered", field="pick_up_store")
    return Store.from_db(connection.alias, ("id", "code", "name"), row)


def _account(text: str) -> str:
    account = text.strip()
    if not account:
        raise RedemptionRefused("partner_account_needed", field="partner_account")
    is_fit = account.isascii() and account.replace("-", "").isalnum()
    if not is_fit or not _ACCOUNT_MIN <= len(account) <= _ACCOUNT_MAX:
        raise RedemptionRefused("partner_account_invalid", field="partner_account")
    return account


def freight(reward: Reward, delivery: Delivery, offer: Offer, *, quantity: int) -> Decimal:
    """Yuan for sending it: once per order, nothing for who has free delivery by their level.

    The benefit may ask for a value from which on it holds; that of an order is its market value.
    """
    if delivery.way != _WAY.SHIP or not reward.freight:
        return _ZERO
    free_from = offer.free_delivery_from
    if free_from is not None and (reward.market_value or _ZERO) * quantity >= free_from:
        return _ZERO
    return reward.freight


def state_when_paid(way: str) -> Redemption.State:
    """The state of an order for which nothing is owed any more."""
    if way == _WAY.DIGITAL:
        return _STATE.COMPLETED
    # A voucher is ready as soon as it is there; nobody has to confirm it.
    return _STATE.CONFIRMED if way == _WAY.VOUCHER else _STATE.PLACED


def hand_out(*, redemption: Redemption, reward: Reward, actor: str, at: datetime) -> None:
    """Hand out what is delivered at once: codes of the pool, or coupons into the wallet."""
    if reward.kind == Reward.Kind.VIRTUAL:
        codes.deliver(redemption=redemption)
    elif reward.kind in (Reward.Kind.COUPON, Reward.Kind.RIGHT):
        _issue_coupons(redemption=redemption, reward=reward, actor=actor, at=at)


def _issue_coupons(*, redemption: Redemption, reward: Reward, actor: str, at: datetime) -> None:
    """One coupon for each piece, into the member's wallet."""
    if reward.coupon_template_id is None:
        raise RedemptionRefused("variant_not_offered", field="reward")
    coupons.issue(
        template_id=reward.coupon_template_id,
        member_id=redemption.member_id,
        quantity=redemption.quantity,
        source=Coupon.Source.REDEMPTION,
        reference=redemption.reference,
        actor=actor,
        at=at,
        store_id=redemption.store_id,
    )
