"""A till that pays with points: builders for tests of checkouts and their returns."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from members.models import Member
from points.services import ledger
from sales.models import Checkout, CheckoutSettings
from sales.policies.receipts import LineInput, ReceiptInput
from sales.services import checkouts, payments
from sales.services.checkouts import Held, Order
from stores.models import Store
from tests.sales.conftest import NOON, receipt

UNTIL = NOON + timedelta(days=365)


def line(sku: str, amount: str, quantity: str = "1", **fields: Any) -> LineInput:
    """A line that costs `amount` in all."""
    pieces = Decimal(quantity)
    price = (Decimal(amount) / pieces).quantize(Decimal("0.0001"), ROUND_UP)
    return LineInput(sku, sku, pieces, price, Decimal(amount), **fields)


def allow(**values: Any) -> CheckoutSettings:
    """Let points be money; 100 of them are a yuan unless the ledger's settings say otherwise."""
    row, _made = CheckoutSettings.objects.update_or_create(pk=1, defaults={"is_on": True} | values)
    return row


def give(member: Member, points: int, reference: str = "gift", **values: Any) -> None:
    """Points to pay with, valid for a year."""
    order: dict[str, Any] = {"at": NOON - timedelta(days=9), "expires_at": UNTIL} | values
    ledger.earn(
        member_id=member.pk,
        points=points,
        reference=reference,
        source="opening",
        actor="test",
        **order,
    )


def order_of(member: Member, *lines: LineInput, **fields: Any) -> Order:
    return Order(member_id=member.pk, lines=lines, **fields)


def hold(
    store: Store,
    number: str,
    member: Member,
    *lines: LineInput,
    now: datetime = NOON,
    **fields: Any,
) -> Held:
    order = order_of(member, *lines, **fields)
    return checkouts.hold(store=store, number=number, order=order, actor="till", now=now)


def capture(store: Store, number: str, now: datetime = NOON) -> Held:
    return payments.capture(store=store, number=number, actor="till", now=now)


def release(store: Store, number: str, now: datetime = NOON) -> Held:
    return payments.release(store=store, number=number, actor="till", now=now)


def bought(number: str, lines: Sequence[LineInput], **fields: Any) -> ReceiptInput:
    """The receipt of a basket, as the till sends it when the order is final."""
    return receipt(number, lines=lines, **fields)


def state(store: Store, number: str) -> str:
    return Checkout.objects.get(store=store, number=number).state
