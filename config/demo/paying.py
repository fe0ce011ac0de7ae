"""Points as money in the demo: an order paid with them, half of it brought back, one still open."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from config.demo.merchant import PRODUCTS
from config.demo.people import Person
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import checkout_settings, checkouts
from sales.services.checkouts import Order
from stores.exceptions import Refusal
from stores.models import Store

_STORE = "HZ01"
_NUMBER = "HZ01-POINTS-1"
_OPEN_NUMBER = "HZ01-POINTS-2"


class Record(Protocol):
    """How the demo's year takes in receipts."""

    def __call__(self, store: Store, receipts: list[ReceiptInput], *, now: datetime) -> None: ...


def allow(*, at: datetime) -> None:
    """Up to half of an order, in hundreds, at most ¥50; special offers are paid in money."""
    checkout_settings.change(
        at=at,
        is_on=True,
        points_step=100,
        order_share=50,
        order_cap=Decimal(50),
        excluded={"label": ["special"]},
    )


def buy_and_return(
    person: Person, stores: Mapping[str, Store], record: Record, *, at: datetime
) -> None:
    """An order of two articles, partly paid with points; one of them comes back after two hours."""
    store, lines, before = stores[_STORE], _basket(), at - timedelta(hours=2)
    if not _held(person, store, _NUMBER, lines, at=before):
        return
    record(store, [_receipt(person, _NUMBER, lines, at=before)], now=before)
    came = [lines[0]._replace(sale_line_no=1)]
    record(store, [_receipt(person, f"{_NUMBER}R", came, at=at, original=_NUMBER)], now=at)


def leave_open(person: Person, stores: Mapping[str, Store], *, at: datetime) -> None:
    """A customer who still looks for the purse."""
    _held(person, stores[_STORE], _OPEN_NUMBER, _basket(), at=at, points=100)


def _basket() -> list[LineInput]:
    return [
        LineInput(product.sku, product.name, Decimal(count), product.price)
        for product, count in zip(PRODUCTS[:2], (2, 1), strict=True)
    ]


def _held(
    person: Person,
    store: Store,
    number: str,
    lines: list[LineInput],
    *,
    at: datetime,
    points: int | None = None,
) -> bool:
    order = Order(member_id=person.member_id, lines=lines, points=points)
    try:
        checkouts.hold(store=store, number=number, order=order, actor=f"till:{store.code}", now=at)
    except Refusal:
        return False  # not enough points: paid in money
    return True


def _receipt(
    person: Person, number: str, lines: list[LineInput], *, at: datetime, original: str = ""
) -> ReceiptInput:
    return ReceiptInput(
        number=number,
        kind="return" if original else "sale",
        occurred_at=at,
        lines=lines,
        member=MemberRef("phone", person.phone),
        original_number=original,
        channel="门店",
    )
