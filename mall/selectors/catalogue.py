"""The catalogue as one visitor sees it: which rewards, at what price, and what stands in the way.

Prices are the visitor's own, in the list as in its filters and its order. What is told of a
reward here is what `selectors.offers` tells when it is redeemed; a test holds them together.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from mall.models import Reward, RewardPicture, RewardPrice, Shelf, Variant, Wish
from mall.policies.offers import Gate, Price, Stock, Terms
from mall.selectors import search, visitors
from mall.selectors.cards import Card
from mall.selectors.offers import Offer
from mall.selectors.search import Question
from mall.selectors.visitors import Taken, Visitor
from stores.selectors.arrays import among
from tiers.models import Level

SORTS = ("recommended", "popular", "new", "points", "-points")
_ORDER: dict[str, tuple[str, ...]] = {
    "recommended": ("position", "-pk"),
    "popular": ("-popularity", "-pk"),
    "new": ("-listed_at", "-pk"),
}
_AT_A_COUNTER = (Reward.Kind.SERVICE, Reward.Kind.EXPERIENCE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor looks for; nothing said means everything."""

    question: Question | None = None
    category: str = ""
    shelf: str = ""
    kinds: Sequence[str] = field(default=())
    min_points: int | None = None
    max_points: int | None = None
    is_affordable: bool = False
    is_in_stock: bool = False
    is_limited: bool = False
    is_wished: bool = False
    store: str = ""
    sort: str = "recommended"


def visible(who: Visitor) -> QuerySet[Reward]:
    """Rewards that the visitor may know of: on the shelf, and by invitation only if invited."""
    return Reward.objects.on_show().exclude(
        Q(is_by_invitation=True) & ~Q(segment__in=list(who.segments))
    )


def ids(who: Visitor, asked: Asked, *, at: datetime) -> QuerySet[Reward, int] | list[int]:
    """The ids of what was asked for, in its order: cheap to count and to leaf through.

    A list where the whole of it had to be looked at anyway, for an answer to words or an order
    by the visitor's own prices; else a query that the caller cuts.
    """
    rows = _narrowed(visible(who), who, asked, at)
    if asked.question is not None:
        rows = search.matching(rows, asked.question)
    if asked.sort.endswith("points"):
        return _by_own_points(rows, who, at, is_falling=asked.sort.startswith("-"))
    order = _ORDER[asked.sort]
    if asked.question is not None and asked.sort == "recommended":
        order = ("-relevance", "-popularity", "-pk")
    elif asked.is_wished and asked.sort == "recommended":
        order = ("-wishes__wished_at", "-pk")
    found = rows.order_by(*order).values_list("pk", flat=True)
    return found if asked.question is None else list(found)


def cards(who: Visitor, reward_ids: Sequence[int], *, at: datetime) -> list[Card]:
    """What pages show of these rewards, in their order. Four queries, whatever their number;
    one more when a minimum spend is among their conditions."""
    wished = Wish.objects.filter(member_id=who.member_id or 0, reward=OuterRef("pk"))
    found = {
        reward.pk: reward
        for reward in Reward.objects.filter(among("id", list(reward_ids)))
        .select_related("shelf__level", "level", "category")
        .annotate(
            price_id=Subquery(_best(who, at).values("pk")[:1]),
            is_wished=Exists(wished),
        )
    }
    rewards = [found[pk] for pk in reward_ids if pk in found]
    pictures = covers(found)
    prices = _prices(rewards)
    offers = _offers(who, rewards, prices, at=at)
    return [
        Card(
            reward=reward,
            offers=offers[reward.pk],
            available=who.available,
            is_guest=who.member_id is None,
            is_frozen=who.is_frozen,
            picture=pictures.get(reward.pk),
            is_wished=bool(getattr(reward, "is_wished", False)),
            price_ends_at=_price_end(reward, prices),
            at=at,
        )
        for reward in rewards
    ]


def card(who: Visitor, code: str, *, at: datetime) -> Card | None:
    """One reward by its code; None for one that the visitor may not know of."""
    pk = visible(who).filter(code=code).values_list("pk", flat=True).first()
    found = cards(who, [pk], at=at) if pk is not None else []
    return found[0] if found else None


def offers_for(who: Visitor, reward_ids: Sequence[int], *, at: datetime) -> dict[int, list[Offer]]:
    """The offers of each reward, as `selectors.offers.offers_of` would tell them one by one."""
    return {one.reward.pk: list(one.offers) for one in cards(who, reward_ids, at=at)}


def _for_visitor(who: Visitor, at: datetime) -> QuerySet[RewardPrice]:
    for_level = Q(level__isnull=True)
    if who.rank is not None:
        for_level |= Q(level__rank__lte=who.rank)
    return RewardPrice.objects.filter(
        for_level,
        Q(segment="") | Q(segment__in=list(who.segments)),
        Q(starts_at__isnull=True) | Q(starts_at__lte=at),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
    )


def _best(who: Visitor, at: datetime) -> QuerySet[RewardPrice]:
    """Of one reward the prices that are the visitor's now and none that is dearer, best first."""
    return (
        _for_visitor(who, at)
        .filter(reward=OuterRef("pk"), points__lte=OuterRef("points"), money__lte=OuterRef("money"))
        .order_by("points", "money", "pk")
    )


def _prices_of(who: Visitor, at: datetime) -> QuerySet[RewardPrice]:
    """All prices that are the visitor's now and none that is dearer, of whatever reward."""
    return _for_visitor(who, at).filter(
        points__lte=F("reward__points"),
        money__lte=F("reward__money"),
        reward__state=Reward.State.ON,
    )


def _by_own_points(
    rows: QuerySet[Reward], who: Visitor, at: datetime, *, is_falling: bool
) -> list[int]:
    """In the order of what the visitor pays, the newest first where that is the same.

    Two plain reads and a sort: a price looked up row by row costs three times as much.
    """
    least = _prices_of(who, at).values("reward_id").annotate(least=Min("points"))
    own = dict(least.values_list("reward_id", "least"))
    sign = -1 if is_falling else 1
    pairs = ((sign * own.get(pk, points), -pk) for pk, points in rows.values_list("pk", "points"))
    return [-minus for _points, minus in sorted(pairs)]


def _costs_at_most(limit: int, who: Visitor, at: datetime) -> Q:
    cheaper = _prices_of(who, at).filter(points__lte=limit)
    return Q(points__lte=limit) | Q(pk__in=cheaper.values("reward_id"))


def _narrowed(rows: QuerySet[Reward], who: Visitor, asked: Asked, at: datetime) -> QuerySet[Reward]:
    named = {
        "category__code": asked.category,
        "shelf__code": asked.shelf,
        "kind__in": asked.kinds,
    }
    rows = rows.filter(**{name: value for name, value in named.items() if value})
    if asked.min_points:
        rows = rows.exclude(_costs_at_most(asked.min_points - 1, who, at))
    if asked.max_points is not None:
        rows = rows.filter(_costs_at_most(asked.max_points, who, at))
    if asked.store:
        rows = rows.filter(_handed_over_in(asked.store))
    if asked.is_in_stock or asked.is_affordable:
        rows = rows.filter(has_stock(at))
    if asked.is_affordable:
        rows = _within_reach(rows, who, at)
    if asked.is_limited:
        rows = rows.filter(_ends_sometime(at))
    if asked.is_wished:
        rows = rows.filter(wishes__member_id=who.member_id or 0)
    return rows


def _handed_over_in(store: str) -> Q:
    link = Reward.stores.through.objects.filter(reward_id=OuterRef("pk"))
    is_here = Q(~Exists(link)) | Q(Exists(link.filter(store__code=store)))
    return (Q(can_pick_up=True) | Q(kind__in=_AT_A_COUNTER)) & is_here


def has_stock(at: datetime) -> Exists:
    """Whether one piece of any variant can be had at all."""
    return Exists(
        Variant.objects.filter(
            Q(is_counted=False) | Q(remaining__gt=0),
            Q(starts_at__isnull=True) | Q(starts_at__gt=at),
            reward=OuterRef("pk"),
            is_on=True,
        )
    )


def _within_reach(rows: QuerySet[Reward], who: Visitor, at: datetime) -> QuerySet[Reward]:
    """What the visitor could redeem one piece of, right now."""
    if who.member_id is None or who.is_frozen or not who.is_mall_open:
        return rows.none()
    rank = -1 if who.rank is None else who.rank
    begins = at + who.shopper.early
    reached = Level.objects.filter(rank__lte=rank)
    return rows.filter(
        _costs_at_most(who.available, who, at),
        Q(starts_at__isnull=True) | Q(starts_at__lte=begins),
        Q(ends_at__isnull=True) | Q(ends_at__gt=at),
        Q(level__isnull=True) | Q(level__in=reached.values("pk")),
        ~Q(shelf__in=Shelf.objects.filter(level__rank__gt=rank).values("pk"))
        | Q(shelf__isnull=True),
        Q(segment="") | Q(segment__in=list(who.segments)),
    ).exclude(pk__in=visitors.out_of_reach(who, at=at))


def _ends_sometime(at: datetime) -> Q:
    """Limited in time: the reward itself, or a price of it for everybody (F45)."""
    soon = RewardPrice.objects.filter(
        Q(starts_at__isnull=True) | Q(starts_at__lte=at),
        ends_at__gt=at,
        level__isnull=True,
        segment="",
    )
    return Q(ends_at__gt=at) | Q(pk__in=soon.values("reward_id"))


def covers(rewards: Collection[int]) -> dict[int, RewardPicture]:
    """The first picture of each of these rewards that has one. One query."""
    rows = RewardPicture.objects.filter(among("reward_id", list(rewards)))
    found: dict[int, RewardPicture] = {}
    for picture in rows.order_by("position", "pk"):
        found.setdefault(picture.reward_id, picture)
    return found


def _prices(rewards: Iterable[Reward]) -> dict[int, RewardPrice]:
    wanted = [pk for reward in rewards if (pk := getattr(reward, "price_id", None))]
    return {price.pk: price for price in RewardPrice.objects.filter(among("id", wanted))}


def _price_end(reward: Reward, prices: dict[int, RewardPrice]) -> datetime | None:
    price = prices.get(getattr(reward, "price_id", 0) or 0)
    return price.ends_at if price is not None else None


def _offers(
    who: Visitor, rewards: Sequence[Reward], prices: dict[int, RewardPrice], *, at: datetime
) -> dict[int, list[Offer]]:
    days = {reward.spend_days for reward in rewards if reward.spend_min is not None}
    paid = visitors.spent(who.member_id, days, at=at)
    by_id = {reward.pk: reward for reward in rewards}
    terms = {reward.pk: _terms(who, reward, paid) for reward in rewards}
    found: dict[int, list[Offer]] = {reward.pk: [] for reward in rewards}
    variants = Variant.objects.filter(among("reward_id", list(found)))
    for variant in variants.order_by("position", "pk"):
        reward = by_id[variant.reward_id]
        usual = Price(reward.points + variant.extra_points, reward.money + variant.extra_money)
        own = prices.get(getattr(reward, "price_id", 0) or 0)
        found[reward.pk].append(
            Offer(
                variant_id=variant.pk,
                sku=variant.sku,
                name=variant.label,
                price=_own_price(usual, own, variant),
                usual=usual,
                terms=terms[reward.pk],
                stock=Stock(
                    variant.is_on, variant.is_counted, variant.remaining, variant.starts_at
                ),
                shopper=who.shopper,
                ends_at=variant.ends_at,
                place=variant.place,
                low_stock=reward.low_stock,
                free_delivery_from=who.free_delivery_from,
                reward=reward,
                variant=variant,
                unpaid_minutes=who.unpaid_minutes,
                ship_hours=who.ship_hours,
            )
        )
    return found


def _own_price(usual: Price, own: RewardPrice | None, variant: Variant) -> Price:
    if own is None:
        return usual
    why = "level" if own.level_id else "segment" if own.segment else "time"
    points, money = own.points + variant.extra_points, own.money + variant.extra_money
    if (points, money) == (usual.points, usual.money):
        return usual
    return Price(points, money, why)


def _terms(who: Visitor, reward: Reward, paid: dict[int, Decimal]) -> Terms:
    had = who.taken.get(reward.pk, Taken())
    shelf, level = reward.shelf.level if reward.shelf else None, reward.level
    return Terms(
        is_mall_open=who.is_mall_open,
        is_on=reward.state == Reward.State.ON,
        starts_at=reward.starts_at,
        ends_at=reward.ends_at,
        shelf=Gate(shelf.rank, shelf.label) if shelf else None,
        level=Gate(level.rank, level.label) if level else None,
        segment=reward.segment,
        is_in_segment=reward.segment in who.segments,
        is_by_invitation=reward.is_by_invitation,
        spend_min=reward.spend_min,
        spend_days=reward.spend_days,
        spent=paid[reward.spend_days] if reward.spend_min is not None else Decimal("0.00"),
        order_max=reward.order_max,
        day_max=reward.day_max,
        month_max=reward.month_max,
        ever_max=reward.ever_max,
        taken_day=had.day,
        taken_month=had.month,
        taken_ever=had.ever,
    )
