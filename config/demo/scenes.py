"""Single scenes of the last days, so that every page of the demo has something to show."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.contrib.auth.models import User

from config.demo import desk, paying
from config.demo.merchant import CAKE, PRODUCTS
from config.demo.people import CAST, Person
from members.services import addresses, relations
from points import selectors
from points.selectors.gifts import gift_settings
from points.services import accounts, adjustments, gifts, holds, ledger
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from stores.models import Store

_CAKE_NUMBER = "HZ03-CAKE-1"
_CAKES = Decimal(2)
# A new product twice, a coffee, and a special offer that earns nothing.
_TASTING = {"B309": 2, "C203": 1, "T101": 2, "B303": 1}


class Stage(Protocol):
    """What a scene needs of the year that it plays in."""

    now: datetime
    curtain: datetime
    persons: list[Person]
    stores: Mapping[str, Store]
    staff: Mapping[str, User]

    def record(self, store: Store, receipts: list[ReceiptInput], *, now: datetime) -> None: ...

    def redeem(self, person: Person, at: datetime, what: str, points: int) -> str | None: ...

    def hold(self, person: Person, at: datetime, points: int, what: str) -> str | None: ...

    def reference(self, kind: str) -> str: ...


class Scenes:
    """A debt, a gift, a frozen account, an unfinished checkout, two corrections by hand."""

    def __init__(self, year: Stage) -> None:
        self.year = year
        self.cast = year.persons[: len(CAST)]
        self.is_played = len(self.cast) == len(CAST)
        for person in self.cast:
            # Their last hours belong to the scenes: nothing else may happen in between.
            person.leaves_on = year.curtain.date()
        if self.is_played:
            self.cast[2].leaves_on = year.curtain.date() - timedelta(days=8)

    def on_evening(self, on: date, *, at: datetime) -> None:
        """A cake is bought six days ago, and its points are used yesterday; a tasting before."""
        if not self.is_played:
            return
        if (self.year.curtain.date() - on).days == 2:
            self._tasting(at)
        buyer, days_left = self.cast[2], (self.year.curtain.date() - on).days
        if days_left == 6:
            self._cake(_CAKE_NUMBER, kind="sale", at=at)
        elif days_left == 1 and (points := self._available(buyer, at)):
            self.year.redeem(buyer, at, "晚宴甜品套餐", points)

    def at_the_curtain(self) -> None:
        """The last hour of the shop: the cake comes back, and everything else that is rare."""
        if not self.is_played:
            return
        at = self.year.curtain - timedelta(minutes=55)
        self._hold_that_timed_out(at)
        paying.buy_and_return(self.cast[0], self.year.stores, self.year.record, at=at)
        self._cake(f"{_CAKE_NUMBER}R", kind="return", at=at)
        self._return_before_its_sale(at)
        self._corrections(at)
        self._gift(at + timedelta(minutes=10))
        self._cancelled_redemption(at + timedelta(minutes=15))
        self._frozen(at + timedelta(minutes=25))

    def right_now(self) -> None:
        """A checkout that is not finished yet, and what lies on the desk."""
        if self.is_played:
            at = self.year.now - timedelta(minutes=4)
            paying.leave_open(self.cast[0], self.year.stores, at=at)
            desk.open_desk(
                cast=self.cast, staff=self.year.staff, stores=self.year.stores, now=self.year.now
            )

    def _available(self, person: Person, at: datetime) -> int:
        return selectors.balance(person.member_id, at).available

    def _cake(self, number: str, *, kind: str, at: datetime) -> None:
        is_return = kind == "return"
        line = LineInput(CAKE.sku, CAKE.name, _CAKES, CAKE.price)
        receipt = ReceiptInput(
            number=number,
            kind=kind,
            occurred_at=at,
            lines=[line._replace(sale_line_no=1) if is_return else line],
            member=MemberRef("phone", self.cast[2].phone),
            original_number=_CAKE_NUMBER if is_return else "",
            channel="门店",
        )
        self.year.record(self.year.stores["HZ03"], [receipt], now=at)

    def _tasting(self, at: datetime) -> None:
        """A receipt of which the points are of two kinds: with two dates on which they lapse."""
        products = {product.sku: product for product in PRODUCTS}
        lines = [
            LineInput(sku, products[sku].name, Decimal(count), products[sku].price)
            for sku, count in _TASTING.items()
        ]
        receipt = ReceiptInput(
            number="HZ01-TASTING-1",
            kind="sale",
            occurred_at=at - timedelta(hours=4),
            lines=lines,
            member=MemberRef("phone", self.cast[0].phone),
            channel="门店",
        )
        self.year.record(self.year.stores["HZ01"], [receipt], now=at)

    def _return_before_its_sale(self, at: datetime) -> None:
        """Tills send when they can: this return waits for a sale that is still on its way."""
        product = PRODUCTS[0]
        receipt = ReceiptInput(
            number="HZ02-LATE-1R",
            kind="return",
            occurred_at=at,
            lines=[LineInput(product.sku, product.name, Decimal(1), product.price)],
            member=MemberRef("phone", self.cast[4].phone),
            original_number="HZ02-LATE-1",
            channel="门店",
        )
        self.year.record(self.year.stores["HZ02"], [receipt], now=at)

    def _corrections(self, at: datetime) -> None:
        """One small enough to be posted, one that waits for a second person."""
        manager = self.year.staff["manager"]
        adjustments.request(
            key=self.year.reference("adjust"),
            member_id=self.cast[0].member_id,
            points=88,
            reason="goodwill",
            note="新品试吃建议被采纳",
            requested_by=manager,
            at=at,
        )
        adjustments.request(
            key=self.year.reference("adjust"),
            member_id=self.cast[1].member_id,
            points=5000,
            reason="complaint",
            note="生日蛋糕送错地址，协商补偿",
            requested_by=manager,
            at=at + timedelta(minutes=5),
        )

    def _gift(self, at: datetime) -> None:
        """A gift between two of a family, and a friend whom it is too early to give to."""
        giver, receiver, friend = self.cast[0], self.cast[4], self.cast[1]
        self._bind(giver, receiver, kind="family", at=at - timedelta(days=20))
        self._bind(friend, giver, kind="friend", at=at - timedelta(days=2))
        points = min(66, self._available(giver, at))
        if points >= gift_settings().points_min:
            gifts.give(
                giver_id=giver.member_id,
                receiver_id=receiver.member_id,
                points=points,
                words="送给家人，周末喝杯茶",
                key=self.year.reference("gift"),
                actor=f"member:{giver.member_id}",
                at=at,
            )
        addresses.add(
            member_id=giver.member_id,
            content=addresses.Content(
                recipient=giver.name,
                phone=giver.phone,
                region="330106",
                detail="文三路 90 号 3 幢 201 室",
            ),
            at=at,
        )

    def _bind(self, one: Person, other: Person, *, kind: str, at: datetime) -> None:
        token = relations.invite(member_id=one.member_id, kind=kind, at=at).token
        relations.accept(member_id=other.member_id, token=token, at=at + timedelta(hours=1))

    def _cancelled_redemption(self, at: datetime) -> None:
        person = self.cast[5]
        if reference := self.year.redeem(person, at, "海盐卷一枚", 120):
            ledger.restore(
                member_id=person.member_id,
                spend_reference=reference,
                reference=self.year.reference("cancel"),
                actor=f"member:{person.member_id}",
                at=at + timedelta(minutes=2),
                explanation={"reason": "取消兑换 海盐卷一枚"},
            )

    def _hold_that_timed_out(self, at: datetime) -> None:
        self.year.hold(self.cast[4], at - timedelta(minutes=40), 100, "结账抵扣 ¥1（未完成）")
        holds.release_stale(now=at)

    def _frozen(self, at: datetime) -> None:
        accounts.freeze(
            member_id=self.cast[3].member_id,
            reason="同一天多处异常兑换，正在核实",
            reference=self.year.reference("freeze"),
            actor=f"staff:{self.year.staff['manager'].pk}",
            at=at,
        )
