"""A reward in one glance: its price for the visitor, and in words whether they may have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.exceptions import RedemptionRefused
from mall.exceptions.redemptions import worded
from mall.models import Reward, RewardPicture
from mall.policies.offers import Price, Reason
from mall.selectors.offers import Offer

# Said of the visitor, not of the reward.
_OWN: Mapping[str, str | Promise] = {
    "sign_in": gettext_lazy("Sign in to redeem this."),
    "account_frozen": gettext_lazy("Your account is frozen: points cannot be used."),
    "gap": gettext_lazy("%(missing)s more points are needed."),
}
# The same in a few words, for a card and for a button.
_SHORT: Mapping[str, str | Promise] = {
    "mall_closed": gettext_lazy("Mall closed"),
    "variant_not_offered": gettext_lazy("Not offered now"),
    "not_started": gettext_lazy("Not open yet"),
    "ended": gettext_lazy("Over"),
    "experience_over": gettext_lazy("Date passed"),
    "level_needed": gettext_lazy("%(level)s and above"),
    "segment_needed": gettext_lazy("By invitation"),
    "spend_needed": gettext_lazy("Spend ¥%(missing)s more"),
    "order_limit": gettext_lazy("At most %(limit)s at once"),
    "day_limit": gettext_lazy("Limit of the day reached"),
    "month_limit": gettext_lazy("Limit of the month reached"),
    "ever_limit": gettext_lazy("Limit reached: %(limit)s each"),
    "sold_out": gettext_lazy("All redeemed"),
    "stock_short": gettext_lazy("Only %(left)s left"),
    "sign_in": gettext_lazy("Sign in to redeem"),
    "account_frozen": gettext_lazy("Account frozen"),
    "gap": gettext_lazy("%(missing)s points to go"),
}
# What speaks of one variant only: another one may still be had.
_OF_A_VARIANT = ("variant_not_offered", "experience_over", "sold_out")


@dataclass(frozen=True)
class Card:
    """One reward as one visitor sees it at `at`."""

    reward: Reward
    offers: list[Offer]
    available: int
    is_guest: bool
    is_frozen: bool
    picture: RewardPicture | None
    is_wished: bool
    price_ends_at: datetime | None
    at: datetime

    @cached_property
    def offer(self) -> Offer | None:
        """The variant that the card speaks of: the first that can be had, or nearly."""
        told = [(offer, offer.refusal(quantity=1, at=self.at)) for offer in self.offers]
        for offer, reason in told:
            if reason is None:
                return offer
        rest = [offer for offer, reason in told if reason and reason.code not in _OF_A_VARIANT]
        return next(iter(rest or [offer for offer, _reason in told if offer.stock.is_on]), None)

    @cached_property
    def reason(self) -> Reason | None:
        """Why not now, of one piece; None where it can be redeemed."""
        return self.reason_of(self.offer)

    def reason_of(self, offer: Offer | None) -> Reason | None:
        if offer is None:
            return Reason("sold_out")
        if self.is_frozen and not self.is_guest:
            return Reason("account_frozen")
        refused = offer.refusal(quantity=1, at=self.at)
        if refused is not None:
            return refused
        if self.is_guest:
            return Reason("sign_in")
        missing = offer.price.points - self.available
        return Reason("gap", {"missing": missing}) if missing > 0 else None

    @property
    def price(self) -> Price:
        """Of one piece of the variant that the card speaks of."""
        if self.offer is None:
            return Price(self.reward.points, self.reward.money)
        return self.offer.price

    @property
    def usual(self) -> Price:
        if self.offer is None:
            return Price(self.reward.points, self.reward.money)
        return self.offer.usual

    @property
    def is_from(self) -> bool:
        """Whether other variants cost more."""
        return any(offer.price != self.price for offer in self.offers if offer.stock.is_on)

    @property
    def missing(self) -> int:
        return int(self.reason.params["missing"]) if self.reason and self.is_gap else 0

    @property
    def is_gap(self) -> bool:
        return self.reason is not None and self.reason.code == "gap"

    @property
    def is_sold_out(self) -> bool:
        return self.reason is not None and self.reason.code == "sold_out"

    @property
    def left(self) -> int | None:
        """Pieces left in all, when that is few enough to be said."""
        counted = [one.stock for one in self.offers if one.stock.is_on]
        if not counted or any(not stock.is_counted for stock in counted):
            return None
        left = sum(stock.remaining for stock in counted)
        return left if 0 < left <= self.reward.low_stock else None

    @property
    def ends_at(self) -> datetime | None:
        """When the offer, or this price, is over; for a countdown."""
        ends = [end for end in (self.reward.ends_at, self.price_ends_at) if end and end > self.at]
        return min(ends) if ends else None

    @property
    def begins_at(self) -> datetime | None:
        """When it opens for this visitor, while that lies ahead."""
        if self.reason is not None and self.reason.code == "not_started":
            opens: datetime = self.reason.params["at"]
            return opens
        return None

    @property
    def label(self) -> str:
        """In a few words, whether it can be had."""
        return short(self.reason) if self.reason else _("Can be redeemed")

    @property
    def sentence(self) -> str:
        return sentence(self.reason) if self.reason else ""


def sentence(reason: Reason) -> str:
    """The reason as a sentence, with its figures."""
    if reason.code in _OWN:
        return str(_OWN[reason.code]) % _figures(reason)
    return str(RedemptionRefused(reason.code, **_figures(reason)))


def short(reason: Reason) -> str:
    """The reason in a few words."""
    if reason.code in _SHORT:
        return str(_SHORT[reason.code]) % _figures(reason)
    return sentence(reason)


def _figures(reason: Reason) -> dict[str, Any]:
    """Its figures as people read them: 1,121."""
    grouped = {
        name: f"{value:,}" if type(value) is int else value for name, value in reason.params.items()
    }
    return worded(grouped)
