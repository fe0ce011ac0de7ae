"""An order before it is placed: what it costs, what it leaves, which points it takes, why not.

The same checks as placing it, without a lock or a write: the confirm page shows their answer.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mall.exceptions import RedemptionRefused
from mall.models import Reward
from mall.policies import offers
from mall.selectors.offers import Offer, offer_of, payments_are_possible
from mall.services import deliveries
from mall.services.orders import Order
from points import selectors
from points.exceptions import AccountFrozen, InsufficientPoints
from stores.exceptions import Refusal

LOTS_SHOWN = 20
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LotUsed:
    """Points that the order would take from one lot, the soonest to expire first."""

    points: int
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """`refusal` is the first thing in the way; `after` never says less than nothing."""

    reward: Reward
    offer: Offer
    quantity: int
    points: int
    money: Decimal
    freight: Decimal
    before: int
    lots: list[LotUsed]
    more_lots: bool
    refusal: Refusal | None

    @property
    def after(self) -> int:
        return max(self.before - self.points, 0)

    @property
    def missing(self) -> int:
        return max(self.points - self.before, 0)


def quote(*, member_id: int, order: Order, at: datetime) -> Quote:
    """What `redeem` would do. Raises `quantity_invalid`, and `reward_unknown` for what the
    member cannot see; everything else in the way is the quote's `refusal`."""
    if type(order.quantity) is not int or order.quantity < 1:
        raise RedemptionRefused("quantity_invalid", field="quantity")
    offer = offer_of(order.variant_id, order.reward_id, member_id, at=at)
    if offer is None or not offers.is_visible(offer.terms):
        raise RedemptionRefused("reward_unknown", field="reward")
    reward = Reward.objects.get(pk=order.reward_id)
    refusal: Refusal | None = None
    if reason := offer.refusal(quantity=order.quantity, at=at):
        refusal = RedemptionRefused(reason.code, **reason.params)
    points, money = offers.total(offer.price, order.quantity)
    freight = _ZERO
    try:
        delivery = deliveries.of(reward, order, member_id=member_id)
        freight = deliveries.freight(reward, delivery, offer, quantity=order.quantity)
    except Refusal as caught:
        refusal = refusal or caught
    money += freight
    balance = selectors.balance(member_id, at)
    if refusal is None and money and not payments_are_possible():
        refusal = RedemptionRefused("payment_unavailable")
    if refusal is None and balance.is_frozen:
        refusal = AccountFrozen(reason=balance.frozen_reason)
    if refusal is None and balance.available < points:
        refusal = InsufficientPoints(needed=points, available=balance.available)
    lots, more = _lots(member_id, min(points, balance.available), at)
    return Quote(
        reward, offer, order.quantity, points, money, freight, balance.available, lots, more,
        refusal,
    )  # fmt: skip


def _lots(member_id: int, need: int, at: datetime) -> tuple[list[LotUsed], bool]:
    """The first lots that `need` points would come from, and whether there are more."""
    used: list[LotUsed] = []
    for lot in selectors.lots(member_id, at)[:LOTS_SHOWN]:
        if not need:
            break
        part = min(lot.free, need)
        used.append(LotUsed(part, lot.expires_at))
        need -= part
    return used, bool(need)
