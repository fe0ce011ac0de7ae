"""The demo's year, told through the real services, day by day with the clock of each day."""

from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.contrib.auth.models import User
from django.db import transaction

from config.demo import coupons, groups, levels, mall, messages, paying, program
from config.demo.accounts import STAFF, password
from config.demo.acts import Acts
from config.demo.merchant import CATEGORIES, PRODUCTS, REWARDS, SHOPS, TAGS, Shop
from config.demo.people import YEAR, ZONE, Person, people
from config.demo.scenes import Scenes
from config.demo.shopping import Till
from members.models import Member, MemberTag, Tag
from members.services import registration, tags
from points.services import expiry, holds, ledger, maturity, settings
from sales.models import Receipt
from sales.policies.receipts import ReceiptInput
from sales.services import intake
from stores.exceptions import Refusal
from stores.models import Store
from stores.services import goods, jobs
from stores.services.goods import ArticleRow, CategoryRow

# The second program came this long ago: both kinds of entry are still in everybody's list.
_SECOND_PROGRAM = timedelta(days=140)
# With the days until it starts more than a month, whatever its back-test says.
_THIRD_ANNOUNCED = timedelta(days=21)
_RECORDED_NIGHTS = 14
_CARD_ON_TRIAL = 12
_REDEEMS = 0.16
_PAYS_WITH_POINTS = 0.05


@dataclass(frozen=True, slots=True)
class Made:
    """What the demo holds, for the person who asked for it."""

    members: int
    receipts: int
    refused: int


def seed(*, members: int, seed: int, now: datetime) -> Made:
    """Make the merchant, `members` people and their year up to `now`, in one transaction.

    Every point goes through the intake and the ledger, with the clock of its day, so that the
    books are true; a seeding that is cut short leaves nothing behind. The same seed and day give
    the same people, receipts and points (member numbers are random, as they always are).
    """
    with transaction.atomic():
        return Year(members=members, random=Random(seed), now=now).live()


class Year:
    """The merchant's year so far; `scenes` play in it."""

    def __init__(self, *, members: int, random: Random, now: datetime) -> None:
        self.now = now
        self.random = random
        self.first_day = (now - YEAR).astimezone(ZONE).date()
        self.last_day = now.astimezone(ZONE).date()
        self.curtain = _curtain(now)
        self._second_program = self.last_day - _SECOND_PROGRAM
        self.staff: Mapping[str, User] = {name: _staff(name) for name in STAFF}
        self.stores: Mapping[str, Store] = {shop.code: _store(shop) for shop in SHOPS}
        _stock_the_shelves()
        tags.put(names=TAGS)
        self.tags: Mapping[str, Tag] = {tag.name: tag for tag in Tag.objects.all()}
        self.persons = people(count=members, random=random, first_day=self.first_day)
        self.till = Till(persons=self.persons, random=random)
        self.acts = Acts(persons=self.persons, online=self.stores["MP01"], random=random)
        self.scenes = Scenes(self)
        self.newcomers = deque(sorted(self.persons, key=lambda person: person.joined_at))
        self.receipts = self.refused = self.steps = 0

    def live(self) -> Made:
        owner = self.staff["admin"]
        opening = datetime.combine(self.first_day, time(0), ZONE)
        levels.open_ladder(at=opening)
        program.publish_first(starts_at=opening, by=owner)
        settings.set_gifts(at=opening, is_on=True)
        paying.allow(at=opening)
        mall.open_mall(at=opening)
        coupons.offer(at=opening)
        day = self.first_day
        while day <= self.last_day:
            self._live_day(day)
            day += timedelta(days=1)
        self.scenes.right_now()
        mall.right_now(self.persons[:2], self.stores, now=self.now)
        coupons.right_now(self.persons[:2], self.stores, now=self.now)
        groups.sort(now=self.now)
        messages.tell(cast=self.persons[:2], now=self.now)
        program.draft_double_twelve(now=self.now - timedelta(minutes=3), by=owner)
        return Made(members=len(self.persons), receipts=self.receipts, refused=self.refused)

    # --- a day ----------------------------------------------------------------------------------

    def _live_day(self, on: date) -> None:
        self._night(on)
        self._announce(on)
        self.acts.morning(on, until=self.now, is_recorded=self._is_recorded(on))
        closing = min(self.now, datetime.combine(on, time(21, 40), ZONE))
        self._join(until=closing)
        day = self.till.day(on, until=closing)
        for code, receipts in day.receipts.items():
            self.record(self.stores[code], receipts, now=closing)
        evening = datetime.combine(on, time(21, 45), ZONE)
        if evening + timedelta(hours=2) <= self.now:
            buyers = list({buyer.member_id: buyer for buyer in day.buyers}.values())
            if on >= self._second_program:
                self.acts.evening(buyers, at=closing)
            for place, buyer in enumerate(buyers):
                self._use_points(buyer, evening + timedelta(minutes=place % 120))
            self.scenes.on_evening(on, at=evening)
        if on == self.curtain.date():
            self.scenes.at_the_curtain()

    def _announce(self, on: date) -> None:
        """New programs start at midnight; members hear of them well before."""
        owner = self.staff["admin"]
        if on == self._second_program - program.NOTICE_OF_SECOND:
            program.announce_second(now=datetime.combine(on, time(0), ZONE), by=owner)
        elif on == self.last_day - _THIRD_ANNOUNCED:
            starts_at = datetime.combine(self.last_day, time(0), ZONE) + program.THIRD_STARTS_IN
            at = datetime.combine(on, time(7, 30), ZONE)
            program.announce_third(now=at, starts_at=starts_at, by=owner)

    def _is_recorded(self, on: date) -> bool:
        return self.last_day - on < timedelta(days=_RECORDED_NIGHTS)

    def _night(self, on: date) -> None:
        """What the scheduled jobs did in the night before `on`."""
        at = datetime.combine(on, time(0, 10), ZONE)
        if at > self.now:
            return
        is_recorded = self._is_recorded(on)
        if is_recorded or on.weekday() == 0:
            levels.night(at=min(at.replace(hour=1), self.now), is_recorded=is_recorded)
        if (self.last_day - on).days == _CARD_ON_TRIAL and self.persons[0].member_id:
            self._card_on_trial(at)
        if self._is_recorded(on):
            with jobs.recorded(name="points.release_pending", now=at) as run:
                lots, points = maturity.release_pending(
                    now=at, progress=lambda lots, points: run.progress(done=lots)
                )
                run.result = {"lots": lots, "points": points}
            with jobs.recorded(name="points.expire_lots", now=at) as run:
                done = expiry.expire_due(
                    cutoff_at=at,
                    recorded_at=at,
                    progress=lambda accounts, points: run.progress(done=accounts),
                )
                run.result = {"accounts": done.accounts, "lots": done.lots, "points": done.points}
            return
        maturity.release_pending(now=at)
        if on.weekday() == 0:
            expiry.expire_due(cutoff_at=at, recorded_at=at)

    def _card_on_trial(self, at: datetime) -> None:
        member_id = self.persons[min(4, len(self.persons) - 1)].member_id
        actor = f"staff:{self.staff['admin'].pk}"
        with suppress(Refusal):  # it may have the card already
            levels.invite_guest(member_id=member_id, at=at, actor=actor)

    def _join(self, *, until: datetime) -> None:
        while self.newcomers and self.newcomers[0].joined_at <= until:
            person = self.newcomers.popleft()
            member = registration.register(
                phone=person.phone,
                name=person.name,
                store_id=self.stores[SHOPS[person.home].code].pk,
                at=person.joined_at,
                source=Member.Source.DEMO,
            )
            if person.birthday:
                member.birthday = person.birthday
                member.save(update_fields=["birthday"])
            if person.tag:
                MemberTag.objects.create(member=member, tag=self.tags[person.tag])
            person.member_id = member.pk

    def record(self, store: Store, receipts: list[ReceiptInput], *, now: datetime) -> None:
        outcomes = intake.record(
            store=store,
            receipts=receipts,
            source=Receipt.Source.DEMO,
            actor=f"till:{store.code}",
            now=now,
        )
        self.receipts += len(outcomes)
        self.refused += sum(outcome.refusal is not None for outcome in outcomes)

    def _use_points(self, person: Person, at: datetime) -> None:
        chance = self.random.random()
        if chance < _REDEEMS:
            reward = self.random.choices(REWARDS, (10, 14, 16, 8, 4, 1))[0]
            self.redeem(person, at, reward.name, reward.points)
        elif chance < _REDEEMS + _PAYS_WITH_POINTS:
            self._pay(person, at, 100 * self.random.randint(1, 4))

    def redeem(self, person: Person, at: datetime, what: str, points: int) -> str | None:
        reference = self.reference("redeem")
        try:
            ledger.spend(
                member_id=person.member_id,
                points=points,
                reference=reference,
                source="redemption",
                actor=f"member:{person.member_id}",
                at=at,
                store_id=self.stores[SHOPS[person.home].code].pk,
                explanation={"reason": f"兑换 {what}"},
            )
        except Refusal:
            return None  # not enough: the button was grey
        return reference

    def _pay(self, person: Person, at: datetime, points: int) -> None:
        """Points as money: reserved while the till waits, then used, or given back."""
        reference = self.hold(person, at, points, f"结账抵扣 ¥{points // 100}")
        if reference is None:
            return
        finish = holds.capture if self.random.random() < 0.85 else holds.release
        finish(
            member_id=person.member_id,
            hold_reference=reference,
            reference=self.reference("checkout"),
            actor="till:HZ01",
            at=at + timedelta(minutes=3),
        )

    def hold(self, person: Person, at: datetime, points: int, what: str) -> str | None:
        reference = self.reference("hold")
        try:
            holds.hold(
                member_id=person.member_id,
                points=points,
                reference=reference,
                source="checkout",
                actor="till:HZ01",
                at=at,
                until=at + timedelta(minutes=30),
                store_id=self.stores["HZ01"].pk,
                explanation={"reason": what},
            )
        except Refusal:
            return None
        return reference

    def reference(self, kind: str) -> str:
        self.steps += 1
        return f"demo:{kind}:{self.steps}"


def _curtain(now: datetime) -> datetime:
    """The last moment up to `now` at which a shop is awake, in the shop's time."""
    local = now.astimezone(ZONE)
    day = local.date() if local.hour >= 10 else local.date() - timedelta(days=1)
    return min(local, datetime.combine(day, time(22, 50), ZONE))


def _staff(name: str) -> User:
    user, _ = User.objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": True, "first_name": STAFF[name]}
    )
    user.set_password(password())
    user.save(update_fields=["password"])
    return user


def _store(shop: Shop) -> Store:
    return Store.objects.create(
        code=shop.code, name=shop.name, ownership=shop.ownership, business=shop.business
    )


def _stock_the_shelves() -> None:
    goods.put_categories(rows=[CategoryRow(*category) for category in CATEGORIES])
    goods.put_articles(
        rows=[
            ArticleRow(one.sku, one.name, one.category, one.brand, one.labels) for one in PRODUCTS
        ]
    )
