"""What is bought on a day of the demo's year. Pure: the same seed gives the same receipts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from config.demo.merchant import PRODUCTS, SHOPS, Product, Shop
from config.demo.people import ZONE, Person
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput

_BY_WEEKDAY = (0.86, 0.84, 0.88, 0.92, 1.12, 1.32, 1.24)
_BY_MONTH = (1.0, 0.82, 0.98, 1.04, 1.06, 1.12, 1.18, 1.15, 1.05, 1.0, 0.96, 1.04)
# Opening hours and how busy they are.
_HOURS = {8: 9, 9: 8, 10: 6, 11: 6, 12: 9, 13: 9, 14: 8, 15: 10, 16: 8, 17: 6, 18: 5, 19: 6, 20: 3}
_GUESTS_PER_MEMBER = 0.35
_RETURNED = 0.025
_MEMBER_PRICE = 0.08
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Day:
    """One day's receipts, by shop, in the order of their time."""

    date: date
    receipts: dict[str, list[ReceiptInput]] = field(default_factory=dict)
    buyers: list[Person] = field(default_factory=list)


class Till:
    """Writes the receipts of all shops, day after day, and remembers what may come back."""

    def __init__(self, *, persons: Sequence[Person], random: Random) -> None:
        self._persons = persons
        self._random = random
        self._coming_back: dict[date, list[tuple[Shop, ReceiptInput]]] = {}

    def day(self, on: date, *, until: datetime) -> Day:
        """The receipts of `on` that had been written by `until`."""
        day = Day(on)
        factor = _BY_WEEKDAY[on.weekday()] * _BY_MONTH[on.month - 1]
        written: list[tuple[Shop, ReceiptInput]] = []
        for shop, at, person in sorted(
            self._visits(on, factor), key=lambda visit: (visit[0].code, visit[1])
        ):
            if at <= until:
                number = f"{shop.code}-{on:%y%m%d}-{len(written) + 1:03d}"
                receipt = self._sale(number, shop, at, person)
                written.append((shop, receipt))
                if person is not None:
                    day.buyers.append(person)
        written += self._returns(on, until, len(written))
        for shop, receipt in written:
            day.receipts.setdefault(shop.code, []).append(receipt)
        return day

    def _visits(self, on: date, factor: float) -> Iterator[tuple[Shop, datetime, Person | None]]:
        random = self._random
        for person in self._persons:
            if person.joined_at.date() > on or (person.leaves_on and person.leaves_on <= on):
                continue
            first = person.joined_at.date() == on  # whoever joins has just bought something
            if first or random.random() < person.visits / 365 * factor:
                at = person.joined_at + timedelta(minutes=2) if first else self._time(on)
                yield self._shop(person), at, person
            if random.random() < person.visits / 365 * factor * _GUESTS_PER_MEMBER:
                yield random.choices(SHOPS, [shop.share for shop in SHOPS])[0], self._time(on), None

    def _time(self, on: date) -> datetime:
        hour = self._random.choices(list(_HOURS), list(_HOURS.values()))[0]
        moment = time(hour, self._random.randrange(60), self._random.randrange(60))
        return datetime.combine(on, moment, ZONE)

    def _shop(self, person: Person) -> Shop:
        if self._random.random() < 0.75:
            return SHOPS[person.home]
        return self._random.choices(SHOPS, [shop.share for shop in SHOPS])[0]

    def _sale(self, number: str, shop: Shop, at: datetime, person: Person | None) -> ReceiptInput:
        random = self._random
        sold = [product for product in PRODUCTS if not product.months or at.month in product.months]
        chosen: dict[Product, int] = {}
        for _ in range(random.choices((1, 2, 3, 4, 6), (42, 33, 15, 7, 3))[0]):
            product = random.choices(sold, [product.share for product in sold])[0]
            chosen[product] = chosen.get(product, 0) + 1
        has_member_price = person is not None and random.random() < _MEMBER_PRICE
        receipt = ReceiptInput(
            number=number,
            kind="sale",
            occurred_at=at,
            lines=[_line(product, count, has_member_price) for product, count in chosen.items()],
            member=MemberRef("phone", person.phone) if person is not None else None,
            channel=shop.channel,
        )
        if random.random() < _RETURNED:
            on = at.date() + timedelta(days=random.choices((0, 1, 2, 4), (4, 3, 2, 1))[0])
            self._coming_back.setdefault(on, []).append((shop, receipt))
        return receipt

    def _returns(
        self, on: date, until: datetime, written: int
    ) -> Iterator[tuple[Shop, ReceiptInput]]:
        for shop, sale in self._coming_back.pop(on, []):
            at = max(sale.occurred_at + timedelta(minutes=40), self._time(on))
            if at > until or at.astimezone(ZONE).date() != on:
                continue
            written += 1
            lines = [
                line._replace(sale_line_no=place) for place, line in enumerate(sale.lines, start=1)
            ]
            if len(lines) > 1 and self._random.random() < 0.6:
                lines = [self._random.choice(lines)]
            yield (
                shop,
                ReceiptInput(
                    number=f"{shop.code}-{on:%y%m%d}-{written:03d}R",
                    kind="return",
                    occurred_at=at,
                    lines=lines,
                    member=sale.member,
                    original_number=sale.number,
                    channel=sale.channel,
                ),
            )


def _line(product: Product, count: int, has_member_price: bool) -> LineInput:
    amount = None
    if has_member_price:
        amount = (product.price * count * Decimal("0.88")).quantize(_CENT)
    return LineInput(product.sku, product.name, Decimal(count), product.price, amount)
