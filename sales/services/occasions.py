"""Receipts as the earning rules see them, with the facts that the rules in force ask for.

What no rule looks at is neither read from the database nor put into an explanation. The number
of queries depends on the kinds of facts asked for, not on receipts, lines or rules.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import GOODS, NOBODY, PURCHASE, Line, Occasion, Person
from campaigns.policies.periods import period_starts_at
from campaigns.policies.programs import Program
from campaigns.policies.timetables import Timetable
from campaigns.selectors import people
from points.selectors import balances
from sales.models import Receipt, ReceiptLine
from sales.policies import receipts
from sales.policies.receipts import LineInput, ReceiptInput
from sales.selectors import history
from sales.selectors.known import WaitingReturn
from stores.models import Store
from stores.policies import Tree
from stores.selectors import goods
from stores.selectors.goods import ArticleFacts
from tiers.services.climbing import Climb

_GOODS_NEEDS = frozenset({"category", "brand", "labels"})
_PEOPLE_NEEDS = frozenset({"joined", "birthday", "tier", "segments", "tags"})


class Purchase(NamedTuple):
    """What there is to know of a receipt before it is judged."""

    store_id: int
    member_id: int | None
    at: datetime
    lines: Sequence[LineInput]
    currency: str
    channel: str = ""
    business: str = ""
    paid_by_coupon: Decimal = Decimal(0)
    paid_by_points: Decimal = Decimal(0)
    completed_at: datetime | None = None


def purchase_of(receipt: ReceiptInput, store_id: int, member_id: int | None) -> Purchase:
    """A receipt on its way in."""
    return Purchase(
        store_id=store_id,
        member_id=member_id,
        at=receipt.occurred_at,
        lines=receipt.lines,
        currency=receipt.currency,
        channel=receipt.channel,
        business=receipt.business,
        paid_by_coupon=receipt.paid_by_coupon,
        paid_by_points=receipt.paid_by_points,
        completed_at=receipt.completed_at,
    )


def waiting_purchase(waiting: WaitingReturn, store_id: int) -> Purchase:
    """The goods of a return whose sale never came."""
    return Purchase(
        store_id=store_id,
        member_id=waiting.member_id,
        at=waiting.occurred_at,
        lines=waiting.lines,
        currency=waiting.currency,
        business=waiting.business,
    )


def stored_purchase(receipt: Receipt) -> Purchase:
    """A receipt that is in, with its lines. One query."""
    lines = [
        LineInput(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.amount,
            kind=line.kind,
            category=line.category,
        )
        for line in ReceiptLine.objects.filter(receipt=receipt).order_by("line_no")
    ]
    return Purchase(
        store_id=receipt.store_id,
        member_id=receipt.member_id,
        at=receipt.occurred_at,
        lines=lines,
        currency=receipt.currency,
        channel=receipt.channel,
        business=receipt.business,
        paid_by_coupon=receipt.paid_by_coupon,
        paid_by_points=receipt.paid_by_points,
        completed_at=receipt.completed_at,
    )


Programs = Callable[[Purchase], Iterable[Program | None]]


def in_force(timetable: Timetable) -> Programs:
    """That each purchase is judged by the version of its own time."""
    return lambda purchase: [timetable.at(purchase.at)]


class Occasions:
    """Makes occasions of receipts; `load` reads what they all will need.

    `programs` tells which programs will judge a purchase; `needs` are facts that are wanted
    besides those that they ask for. `climb` knows the levels of a batch's members, which its
    earlier purchases may raise; without it they are read as they stand.
    """

    def __init__(
        self,
        *,
        stores: Iterable[Store],
        programs: Programs,
        needs: frozenset[str] = frozenset(),
        climb: Climb | None = None,
    ) -> None:
        self._stores: Mapping[int, Store] = {store.pk: store for store in stores}
        self._zones = {pk: ZoneInfo(store.time_zone) for pk, store in self._stores.items()}
        self._programs = programs
        self._always = needs
        self._climb = climb
        self.needs = needs
        self._articles: dict[str, ArticleFacts] = {}
        self._tree = Tree({})
        self._people: dict[int, Person] = {}
        self._bought: dict[tuple[int, datetime, str], int] = {}
        self._planned: dict[int, list[datetime]] = {}
        self._points_per_yuan = 100

    def load(self, purchases: Iterable[Purchase]) -> None:
        """Read the facts about goods, people and earlier purchases that the rules ask for."""
        found = list(purchases)
        programs = {id(p): p for one in found for p in self._programs(one) if p is not None}
        self.needs = self._always.union(*(program.needs for program in programs.values()))
        if self.needs & _GOODS_NEEDS:
            self._tree = goods.tree()
            skus = {line.sku for purchase in found for line in purchase.lines}
            self._articles = goods.articles(skus, known=self._tree)
        members = {p.member_id for p in found if p.member_id is not None}
        if self.needs & _PEOPLE_NEEDS:
            needs = self.needs - {"tier"} if self._climb is not None else self.needs
            self._people = people.persons(members, zone=self._a_zone(found), needs=needs)
        if "points_per_yuan" in self.needs:
            self._points_per_yuan = balances.ledger_settings().points_per_yuan
        self._load_history(found)

    def note(self, purchase: Purchase) -> None:
        """Let later purchases of the batch count this one among the member's earlier ones."""
        if purchase.member_id is not None and self._periods():
            self._planned.setdefault(purchase.member_id, []).append(purchase.at)

    def of(self, purchase: Purchase) -> Occasion:
        """The purchase with its facts, at its time in the store's zone."""
        store, zone = self._stores[purchase.store_id], self._zones[purchase.store_id]
        at = purchase.at.astimezone(zone)
        done = purchase.completed_at
        member_id = purchase.member_id
        return Occasion(
            trigger=PURCHASE,
            at=at,
            lines=self._lines(purchase.lines),
            currency=purchase.currency,
            store=store.code,
            channel=purchase.channel,
            business=purchase.business or store.business,
            person=self._person(member_id),
            paid_by_coupon=scaled(purchase.paid_by_coupon),
            paid_by_points=scaled(purchase.paid_by_points),
            completed_at=None if done is None else done.astimezone(zone),
            purchases=self._purchases(purchase) if member_id is not None else {},
            points_per_yuan=self._points_per_yuan,
        )

    def _person(self, member_id: int | None) -> Person:
        if member_id is None:
            return NOBODY
        person = self._people.get(member_id, NOBODY)
        if self._climb is not None and "tier" in self.needs:
            return person._replace(tier=self._climb.level_code(member_id))
        return person

    def local(self, purchase: Purchase) -> datetime:
        """When the purchase was made, in its store's time zone."""
        return purchase.at.astimezone(self._zones[purchase.store_id])

    def _a_zone(self, purchases: Sequence[Purchase]) -> ZoneInfo:
        # The day on which somebody joined: of one zone, where a chain has several.
        return self._zones[purchases[0].store_id] if purchases else ZoneInfo("UTC")

    def _lines(self, lines: Sequence[LineInput]) -> list[Line]:
        amounts = [scaled(receipts.line_amount(line)) for line in lines]
        if not self.needs & _GOODS_NEEDS:
            return [
                Line(no, amount, line.quantity, line.unit_price > 0, line.kind, line.sku)
                for no, (line, amount) in enumerate(zip(lines, amounts, strict=True), start=1)
            ]
        return [
            self._line(no, line, amount)
            for no, (line, amount) in enumerate(zip(lines, amounts, strict=True), start=1)
        ]

    def _line(self, no: int, line: LineInput, amount: int) -> Line:
        article = self._articles.get(line.sku, _UNKNOWN)
        path = self._tree.path(line.category) if line.category else article.category_path
        return Line(
            line_no=no,
            amount=amount,
            quantity=line.quantity,
            is_priced=line.unit_price > 0,
            kind=line.kind or GOODS,
            sku=line.sku,
            category=path,
            brand=article.brand,
            labels=article.labels,
        )

    def _periods(self) -> list[str]:
        return sorted(n.partition(":")[2] for n in self.needs if n.startswith("purchases:"))

    def _load_history(self, purchases: Sequence[Purchase]) -> None:
        keys = [
            (purchase.member_id, purchase.at, period)
            for purchase in purchases
            for period in self._periods()
            if purchase.member_id is not None
        ]
        if keys:
            asked = [
                (purchase.member_id, self._since(purchase, period), purchase.at)
                for purchase in purchases
                for period in self._periods()
                if purchase.member_id is not None
            ]
            self._bought = dict(zip(keys, history.purchase_counts(asked), strict=True))

    def _since(self, purchase: Purchase, period: str) -> datetime | None:
        zone = self._zones[purchase.store_id]
        return period_starts_at(period, purchase.at.astimezone(zone).date(), zone)

    def _purchases(self, purchase: Purchase) -> dict[str, int]:
        found = {}
        for period in self._periods():
            since = self._since(purchase, period)
            member = purchase.member_id or 0
            planned = sum(
                (since is None or since <= at) and at < purchase.at
                for at in self._planned.get(member, ())
            )
            found[period] = self._bought.get((member, purchase.at, period), 0) + planned
        return found


_UNKNOWN = ArticleFacts("", (), "", frozenset())
