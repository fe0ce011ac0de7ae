"""What a visitor sees of the catalogue, and that it is what redeeming would tell them."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mall.models import MallSettings, Redemption, Reward, RewardCategory, RewardPrice, Shelf, Wish
from mall.selectors import catalogue, offers, visitors
from mall.selectors.catalogue import Asked
from mall.selectors.search import question
from mall.services import search
from members.models import Member, Segment, SegmentMember
from points.services import accounts
from stores.models import Store
from tests import cast
from tests.mall import shelving
from tests.tiers.making import ladder
from tiers.models import GrowthDay, Level, LevelBenefit, Standing

pytestmark = pytest.mark.django_db
LEVELS = ("basic", "silver", "gold")


@pytest.fixture
def levels() -> dict[str, Level]:
    return ladder(dict(zip(LEVELS, (0, 1000, 5000), strict=True)))


def at_level(person: Member, level: Level) -> None:
    Standing.objects.update_or_create(
        member=person,
        defaults={"level": level, "since": timezone.localdate(), "changed_at": timezone.now()},
    )


def in_segment(person: Member, code: str) -> None:
    segment, _made = Segment.objects.get_or_create(
        code=code, defaults={"kind": "list", "name": code, "created_at": timezone.now()}
    )
    SegmentMember.objects.create(segment=segment, member=person, since=timezone.now())


def seen(person: Member | None, at: datetime | None = None, **asked: object) -> list[str]:
    now = at or timezone.now()
    who = visitors.visitor(person.pk if person else None, at=now)
    found = catalogue.ids(who, Asked(**asked), at=now)  # type: ignore[arg-type]  # a test's own
    return [card.reward.name for card in catalogue.cards(who, list(found), at=now)]


def maybe(random: Random, make: Callable[[], Any], share: float = 0.5) -> Any:
    return make() if random.random() < share else None


def moment(random: Random, now: datetime) -> datetime:
    return now + timedelta(hours=random.choice([-50, -1, 1, 12, 50]))


def a_reward(
    random: Random, now: datetime, levels: Sequence[Level], stock: Sequence[int]
) -> Reward:
    starts = maybe(random, lambda: moment(random, now))
    ends = maybe(random, lambda: moment(random, now) + timedelta(hours=110))
    made = shelving.reward(
        f"物{random.randrange(10**6)}",
        points=random.choice([50, 100, 500]),
        money=random.choice([Decimal(0), Decimal("9.90")]),
        stock=random.choice([*stock, None]),
        state=random.choice(["on", "on", "on", "off"]),
        starts_at=starts,
        ends_at=ends,
        level=maybe(random, lambda: random.choice(levels), 0.3),
        shelf=maybe(random, lambda: random.choice(list(Shelf.objects.all())), 0.3),
        segment=(segment := random.choice(["", "", "vip", "new"])),
        is_by_invitation=bool(segment) and random.random() < 0.5,
        spend_min=maybe(random, lambda: Decimal(random.choice([1, 50, 500])), 0.3),
        spend_days=random.choice([1, 30, 365]),
        order_max=random.choice([1, 10]),
        day_max=maybe(random, lambda: random.choice([1, 2]), 0.3),
        month_max=maybe(random, lambda: random.choice([1, 2]), 0.3),
        ever_max=maybe(random, lambda: random.choice([1, 2, 3]), 0.3),
    )
    for _ in range(random.randrange(3)):
        shelving.variant(
            made,
            stock=random.choice(stock),
            extra_points=random.choice([0, 20]),
            extra_money=random.choice([Decimal(0), Decimal("1.50")]),
            is_on=random.random() < 0.8,
            starts_at=maybe(random, lambda: moment(random, now), 0.3),
        )
    for _ in range(random.randrange(4)):
        begins = maybe(random, lambda: moment(random, now))
        RewardPrice.objects.create(
            reward=made,
            level=maybe(random, lambda: random.choice(levels)),
            segment=random.choice(["", "vip", "new"]),
            points=random.choice([30, 50, 60, 90, 100, 400]),
            money=random.choice([Decimal(0), Decimal("5.00"), Decimal("20.00")]),
            starts_at=begins,
            ends_at=maybe(random, lambda: moment(random, now) + timedelta(hours=110)),
        )
    return made


def had(person: Member, reward: Reward, quantity: int, at: datetime, state: str, back: int) -> None:
    number = f"D{Redemption.objects.count():09}"
    Redemption.objects.create(
        number=number,
        member=person,
        reward=reward,
        variant=reward.variants.earliest("pk"),
        quantity=quantity,
        points=1,
        state=state,
        delivery="ship",
        caller="test",
        key=number,
        fingerprint="x",
        placed_at=at,
        state_at=at,
        returned_quantity=back,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_list_tells_what_redeeming_tells(seed: int, levels: dict[str, Level]) -> None:
    random, now = Random(seed), timezone.now()
    steps = [levels[code] for code in LEVELS]
    LevelBenefit.objects.create(level=steps[1], kind="early_access", params={"hours": 24})
    LevelBenefit.objects.create(level=steps[2], kind="free_delivery", params={"from_yuan": "39"})
    for place, level in enumerate((None, *steps)):
        Shelf.objects.create(code=f"s{place}", name=f"架{place}", level=level)
    people = [cast.member(f"1380013800{n}") for n in range(4)]
    for person, level, codes in zip(
        people, (None, *steps), ((), ("vip",), ("new",), ("vip", "new")), strict=True
    ):
        cast.earned(person, random.choice([40, 80, 300, 900]))
        if level is not None:
            at_level(person, level)
        for code in codes:
            in_segment(person, code)
        for days, yuan in ((0, 20), (1, 15), (29, 30), (30, 100), (365, 700)):
            GrowthDay.objects.create(
                member=person,
                day=timezone.localdate(now) - timedelta(days=days),
                spent=yuan * 10_000 * random.choice([0, 1]),
            )
    rewards = [a_reward(random, now, steps, [0, 1, 5, 100]) for _ in range(30)]
    for reward in random.sample(rewards, 15):
        had(
            random.choice(people),
            reward,
            random.choice([1, 2]),
            now - timedelta(days=random.choice([0, 3, 40])),
            random.choice(["completed", "cancelled", "placed"]),
            random.choice([0, 0, 1]),
        )
    if seed == 5:
        MallSettings.objects.create(pk=1, is_open=False)
    for member_id in (None, *(person.pk for person in people)):
        who = visitors.visitor(member_id, at=now)
        told = catalogue.offers_for(who, [reward.pk for reward in rewards], at=now)
        for reward in rewards:
            assert told[reward.pk] == offers.offers_of(reward.pk, member_id, at=now)
        cards = catalogue.cards(who, list(catalogue.ids(who, Asked(), at=now)), at=now)
        can = {card.reward.pk for card in cards if card.reason is None}
        affordable = catalogue.ids(who, Asked(is_affordable=True), at=now)
        # Seats whose price is above the reward's own may be out of reach although it is not.
        assert can <= set(affordable)
        plain = {pk for pk in affordable if _is_plain(pk)}
        assert plain == {pk for pk in can if _is_plain(pk)}


def _is_plain(pk: int) -> bool:
    return not Reward.objects.filter(pk=pk, variants__extra_points__gt=0).exists()


def test_a_guest_sees_everything_but_invitations() -> None:
    shelving.reward("茶")
    shelving.reward("密", is_by_invitation=True, segment="vip")
    shelving.reward("草", state="draft")
    assert seen(None) == ["茶"]
    lin = cast.member()
    assert seen(lin) == ["茶"]
    in_segment(lin, "vip")
    assert sorted(seen(lin)) == ["密", "茶"]
    now = timezone.now()
    assert catalogue.card(visitors.visitor(None, at=now), "密", at=now) is None


def test_filters() -> None:
    tea, ware = (RewardCategory.objects.create(code=c, name=c) for c in ("tea", "ware"))
    shelf = Shelf.objects.create(code="low", name="入门")
    near, far = (Store.objects.create(code=c, name=c) for c in ("near", "far"))
    shelving.reward("茶", category=tea, points=50, shelf=shelf)
    shelving.reward("杯", category=ware, points=300, stock=0)
    cinema = shelving.reward("票", kind="experience", points=500)
    cinema.stores.add(far)
    shelving.reward("提", can_pick_up=True, points=900).stores.add(near)
    assert seen(None, category="tea") == ["茶"]
    assert seen(None, category="nowhere") == []
    assert seen(None, shelf="low") == ["茶"]
    assert seen(None, kinds=["experience"]) == ["票"]
    assert seen(None, min_points=300, max_points=500) == ["票", "杯"]
    assert seen(None, is_in_stock=True) == ["提", "票", "茶"]
    assert seen(None, store="near") == ["提"]
    assert seen(None, store="far") == ["票"]
    assert seen(None, is_affordable=True) == []
    lin = cast.member()
    cast.earned(lin, 500)
    assert seen(lin, is_affordable=True) == ["票", "茶"]
    accounts.freeze(member_id=lin.pk, reason="x", reference="f", actor="t", at=timezone.now())
    assert seen(lin, is_affordable=True) == []


def test_orders_and_own_prices(levels: dict[str, Level]) -> None:
    now = timezone.now()
    cheap = shelving.reward("便宜", points=100, popularity=5, position=3)
    gold = shelving.reward("金价", points=200, popularity=9, position=2)
    shelving.reward("贵", points=300, popularity=1, position=1, listed_at=now - timedelta(days=1))
    RewardPrice.objects.create(reward=gold, level=levels["silver"], points=80)
    lin = cast.member()
    assert seen(lin) == ["贵", "金价", "便宜"]
    assert seen(lin, sort="popular") == ["金价", "便宜", "贵"]
    assert seen(lin, sort="new") == ["金价", "便宜", "贵"]
    assert seen(lin, sort="points") == ["便宜", "金价", "贵"]
    at_level(lin, levels["gold"])
    assert seen(lin, sort="points") == ["金价", "便宜", "贵"]
    assert seen(lin, sort="-points") == ["贵", "便宜", "金价"]
    assert seen(lin, max_points=99) == ["金价"]
    RewardPrice.objects.create(reward=cheap, points=10, ends_at=now)
    RewardPrice.objects.create(reward=cheap, points=20, ends_at=now + timedelta(hours=1))
    assert seen(lin, at=now, sort="points") == ["便宜", "金价", "贵"]
    assert seen(lin, at=now, is_limited=True) == ["便宜"]
    card = catalogue.card(visitors.visitor(lin.pk, at=now), cheap.code, at=now)
    assert card is not None
    assert (card.price.points, card.usual.points, card.price.why) == (20, 100, "time")
    assert card.ends_at == now + timedelta(hours=1)


def test_found_in_the_order_of_relevance_then_popularity() -> None:
    rewards = [
        shelving.reward("保温杯", summary="泡茶"),
        shelving.reward("龙井茶", popularity=1),
        shelving.reward("红茶", popularity=9),
        shelving.reward("茶", state="off"),
    ]
    search.index(reward_ids=[reward.pk for reward in rewards])
    assert seen(None, question=question("茶")) == ["红茶", "龙井茶", "保温杯"]
    assert seen(None, question=question("茶"), sort="new") == ["红茶", "龙井茶", "保温杯"]
    assert seen(None, question=question("！？")) == []


def test_wishes() -> None:
    lin, zhou = cast.member(), cast.member("13700137000")
    tea, cup = shelving.reward("茶"), shelving.reward("杯")
    now = timezone.now()
    Wish.objects.create(member=lin, reward=cup, wished_at=now)
    Wish.objects.create(member=lin, reward=tea, wished_at=now - timedelta(hours=1))
    Wish.objects.create(member=zhou, reward=tea, wished_at=now)
    assert seen(lin, is_wished=True) == ["杯", "茶"]
    who = visitors.visitor(zhou.pk, at=now)
    cards = catalogue.cards(who, [tea.pk, cup.pk], at=now)
    assert [card.is_wished for card in cards] == [True, False]


def test_queries_do_not_grow(levels: dict[str, Level]) -> None:
    lin = cast.member()
    counts = []
    for number in (1, 3):
        while Reward.objects.count() < number:
            made = shelving.reward(ever_max=1, day_max=1)
            RewardPrice.objects.create(reward=made, points=50)
        now = timezone.now()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            who = visitors.visitor(lin.pk, at=now)
            found = list(catalogue.ids(who, Asked(is_affordable=True), at=now))
            cards = catalogue.cards(who, found, at=now)
            assert [card.label for card in cards] == [card.label for card in cards]
        counts.append(len(asked))
    assert counts == [11, 11]
