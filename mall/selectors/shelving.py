"""What staff see of a reward: what it lacks, what its price gives away, what it should cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_lazy

from mall.models import MallSettings, Reward, RewardCategory, Shelf, Variant
from mall.policies import pricing
from mall.policies.pricing import Facts, Judgement, Proposal, Step, Terms
from points import selectors as points

_KIND = Reward.Kind
_WORDS = {
    "value": gettext_lazy("market value ¥%(value)s: %(points)s"),
    "cost": gettext_lazy("cost ¥%(cost)s: %(points)s"),
    "slow": gettext_lazy(
        "%(stock)s left, %(sold)s redeemed in 30 days, enough for %(days)s days, "
        "so a fifth off: %(points)s"
    ),
    "unsold": gettext_lazy("%(stock)s left and none redeemed, so a fifth off: %(points)s"),
    "scarce": gettext_lazy(
        "%(stock)s left, enough for %(days)s days only, so a tenth on: %(points)s"
    ),
    "money": gettext_lazy("less the ¥%(money)s in money: %(points)s"),
    "floor": gettext_lazy("never below the cost of ¥%(cost)s: %(points)s"),
    "rounded": gettext_lazy("a price that reads well: %(points)s"),
}


def settings() -> MallSettings:
    """The settings of the mall; the defaults while nobody has saved any."""
    return MallSettings.objects.filter(pk=1).first() or MallSettings()


def faults(reward: Reward, variants: Iterable[Variant], *, at: datetime) -> list[str]:
    """Why nobody could redeem this reward, as codes of `exceptions.catalogue.FAULTS`."""
    offered = [variant for variant in variants if variant.is_on]
    found = []
    if not offered:
        found.append("variant_missing")
    if reward.kind == _KIND.COUPON and not getattr(reward, "coupon_template_id", None):
        found.append("coupon_missing")
    if reward.kind == _KIND.PARTNER and not (
        reward.partner and reward.partner_unit and reward.partner_amount
    ):
        found.append("partner_missing")
    if reward.kind == _KIND.PHYSICAL and not (reward.can_ship or reward.can_pick_up):
        found.append("delivery_missing")
    if reward.kind == _KIND.EXPERIENCE and any(one.starts_at is None for one in offered):
        found.append("date_missing")
    if reward.kind in (_KIND.VIRTUAL, _KIND.EXPERIENCE) and any(
        not one.is_counted for one in offered
    ):
        found.append("uncounted")
    if reward.ends_at is not None and reward.ends_at <= at:
        found.append("window_over")
    return found


@dataclass(frozen=True, slots=True)
class Money:
    """What points are worth and what the merchant means to give away: read once for a page."""

    terms: Terms

    def judged(self, reward: Reward) -> Judgement | None:
        """The usual price against the cost."""
        return pricing.judged(reward.cost, reward.points, reward.money, self.terms)

    def judged_at(self, cost: Decimal | None, points: int, money: Decimal) -> Judgement | None:
        return pricing.judged(cost, points, money, self.terms)

    def proposal(self, reward: Reward, *, stock: int | None, at: datetime) -> Proposal | None:
        """What the reward should cost in points (F47), beside its money part."""
        days = (at - reward.listed_at).days if reward.listed_at else 0
        facts = Facts(
            cost=reward.cost,
            market_value=reward.market_value,
            money=reward.money or Decimal(0),
            stock=stock,
            sold=reward.popularity,
            days_listed=days,
        )
        return pricing.proposal(facts, self.terms)


def money() -> Money:
    """Two queries."""
    ledger = points.ledger_settings()
    return Money(Terms(ledger.points_per_yuan, settings().target_margin))


def counted_stock(variants: Iterable[Variant]) -> int | None:
    """Pieces left in all; None where one of them is not counted."""
    offered = [variant for variant in variants if variant.is_on]
    if not offered or any(not variant.is_counted for variant in offered):
        return None
    return sum(variant.remaining for variant in offered)


def in_words(step: Step) -> str:
    """One step of a proposal as a sentence."""
    return str(_WORDS[step.code]) % {**dict(step.figures), "points": f"{step.points:,}"}


def categories() -> list[RewardCategory]:
    """The categories that members see, in their order."""
    return list(RewardCategory.objects.filter(is_on=True))


def shelves() -> list[Shelf]:
    """The shelves that members see, in their order, with the level that opens each."""
    return list(Shelf.objects.filter(is_on=True).select_related("level"))
