"""A receipt as plain data: what is accepted, what a line amounts to, what makes it the same one.

Pure. What is wrong with a receipt comes back as a `Fault`, a code with its figures; the services
turn it into a refusal that people can read.
"""

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, NamedTuple

NUMBER_LENGTH = 64
SKU_LENGTH = 64
NAME_LENGTH = 200
CHANNEL_LENGTH = 32
BUSINESS_LENGTH = 32
CATEGORY_LENGTH = 64
GOODS = "goods"
FREIGHT = "freight"
MAX_LINES = 2000
MAX_QUANTITY = Decimal("999999999.999")
MAX_UNIT_PRICE = Decimal("9999999999.9999")
MAX_TOTAL = Decimal("99999999999.9999")
# A till's clock may be ahead; a receipt of the day after tomorrow is a mistake.
CLOCK_TOLERANCE = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Presales and group-buys end within a year; a year of another decade is a mistake.
COMPLETION_MAX = timedelta(days=400)
# A till rounds its own line totals to the fen, in either direction.
ROUNDING = Decimal("0.01")

_AMOUNT = Decimal("0.0001")
_QUANTITY = Decimal("0.001")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[^\s].*[^\s]|[^\s]")
# Control characters and lone surrogates: no database or file can be relied upon to carry them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ZERO = Decimal(0)


class MemberRef(NamedTuple):
    """How a till or file names a member."""

    kind: Literal["number", "external", "phone"]
    value: str


class LineInput(NamedTuple):
    """A line: `amount` is what was really paid for it, where that is not quantity × price.

    `kind` is goods or freight; `category` is the till's word for the article, known or not.
    """

    sku: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal | None = None
    sale_line_no: int | None = None
    kind: str = GOODS
    category: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptInput:
    """A receipt as it arrives. Quantities are positive for returns too; `kind` says which.

    `business` is the line of business, blank for the store's. `completed_at` says when the order
    is complete, where that is not at once. `paid_by_coupon` and `paid_by_points` are the yuan of
    the total that were not paid in money.
    """

    number: str
    kind: str
    occurred_at: datetime
    lines: Sequence[LineInput]
    member: MemberRef | None = None
    original_number: str = ""
    channel: str = ""
    currency: str = "CNY"
    business: str = ""
    completed_at: datetime | None = None
    paid_by_coupon: Decimal = _ZERO
    paid_by_points: Decimal = _ZERO
    # The number under which points or coupons were held, where it is not the receipt's own.
    checkout: str = ""
    # The receipt before its checkout filled in what it left out.
    as_came: "ReceiptInput | None" = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a receipt is not accepted: `field` names the input, `line_no` its line, if one."""

    code: str
    field: str
    line_no: int | None = None
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


def faults(receipt: ReceiptInput, *, now: datetime) -> Iterator[Fault]:
    """Everything about `receipt` that cannot be accepted, head first, then line by line."""
    yield from _faults_of_head(receipt, now)
    if not receipt.lines:
        yield Fault("lines_missing", "lines")
    elif len(receipt.lines) > MAX_LINES:
        yield Fault("too_many_lines", "lines", params={"limit": MAX_LINES})
        return
    sound = True
    for line_no, line in enumerate(receipt.lines, start=1):
        fault = line_fault(line)
        if fault is not None:
            sound = False
            yield Fault(fault.code, fault.field, line_no, fault.params)
        elif line.sale_line_no is not None and not receipt.original_number:
            yield Fault("sale_line_without_sale", "sale_line_no", line_no)
    if not sound:
        return
    total = sum((line_amount(line) for line in receipt.lines), _ZERO)
    if total > MAX_TOTAL:
        yield Fault("total_too_large", "lines", params={"limit": str(MAX_TOTAL)})
    elif receipt.paid_by_coupon or receipt.paid_by_points:
        yield from _faults_of_payment(receipt, total)


def line_fault(line: LineInput) -> Fault | None:
    """The first thing about `line` that cannot be accepted, or None."""
    return (
        _text_fault("sku", line.sku, SKU_LENGTH, required=True)
        or _text_fault("name", line.name, NAME_LENGTH)
        or _quantity_fault(line.quantity)
        or _price_fault(line.unit_price)
        or _amount_fault(line)
        or _sort_fault(line)
    )


def time_fault(at: datetime, *, now: datetime) -> Fault | None:
    if at > now + CLOCK_TOLERANCE:
        return Fault("date_in_future", "occurred_at", params={"date": at.date().isoformat()})
    if at < EARLIEST:
        return Fault("date_too_old", "occurred_at", params={"date": at.date().isoformat()})
    return None


def number_fault(number: str, *, name: str = "number") -> Fault | None:
    fault = _text_fault(name, number, NUMBER_LENGTH, required=True)
    if fault is None and not _NUMBER.fullmatch(number):
        return Fault("outer_blanks", name)
    return fault


def line_amount(line: LineInput) -> Decimal:
    """Yuan of a line: as given, or quantity × price to a hundredth of a fen."""
    if line.amount is not None:
        return line.amount
    return (line.quantity * line.unit_price).quantize(_AMOUNT, ROUND_HALF_UP)


def fingerprint(receipt: ReceiptInput) -> str:
    """Equal for equal content, whatever the notation of its numbers and times.

    The member is left out: it is compared as a person, who may be named in several ways. What a
    receipt does not say adds nothing, so that those of former versions keep their fingerprint.
    """
    receipt = receipt.as_came or receipt
    digest = hashlib.sha256()
    head = (
        receipt.kind,
        receipt.occurred_at.astimezone(UTC).isoformat(),
        receipt.original_number,
        receipt.channel,
        receipt.currency,
    )
    digest.update("\x1f".join(head).encode())
    if _says_more(receipt):
        completed = "" if receipt.completed_at is None else receipt.completed_at.astimezone(UTC)
        digest.update(
            f"\x1d{receipt.business}\x1f{completed}\x1f{abs(receipt.paid_by_coupon) * 10000:.0f}"
            f"\x1f{abs(receipt.paid_by_points) * 10000:.0f}".encode()
        )
    if receipt.checkout:
        digest.update(f"\x1c{receipt.checkout}".encode())
    for line in receipt.lines:
        digest.update(
            f"\x1e{line.sku}\x1f{line.name}\x1f{line.quantity * 1000:.0f}\x1f"
            f"{line.unit_price * 10000:.0f}\x1f{line_amount(line) * 10000:.0f}\x1f"
            f"{line.sale_line_no or ''}".encode()
        )
        if line.category or line.kind != GOODS:
            digest.update(f"\x1d{line.kind}\x1f{line.category}".encode())
    return digest.hexdigest()[:32]


def _says_more(receipt: ReceiptInput) -> bool:
    return bool(
        receipt.business or receipt.completed_at or receipt.paid_by_coupon or receipt.paid_by_points
    )


def _faults_of_head(receipt: ReceiptInput, now: datetime) -> Iterator[Fault]:
    checks = [
        number_fault(receipt.number),
        time_fault(receipt.occurred_at, now=now),
        _text_fault("channel", receipt.channel, CHANNEL_LENGTH),
    ]
    if receipt.kind not in ("sale", "return"):
        checks.append(Fault("kind_unknown", "kind"))
    if receipt.original_number:
        if receipt.kind == "sale":
            checks.append(Fault("original_on_sale", "original_number"))
        checks.append(number_fault(receipt.original_number, name="original_number"))
    if not _CURRENCY.fullmatch(receipt.currency):
        checks.append(Fault("currency_unknown", "currency"))
    if receipt.member is not None:
        checks.append(_text_fault("member", receipt.member.value, NUMBER_LENGTH, required=True))
    if receipt.business:
        checks.append(_text_fault("business", receipt.business, BUSINESS_LENGTH))
    if receipt.checkout:
        if receipt.kind == "return":
            checks.append(Fault("not_on_return", "checkout"))
        checks.append(number_fault(receipt.checkout, name="checkout"))
    if receipt.completed_at is not None:
        checks.append(_completion_fault(receipt, receipt.completed_at))
    yield from (fault for fault in checks if fault is not None)


def _completion_fault(receipt: ReceiptInput, at: datetime) -> Fault | None:
    if receipt.kind == "return":
        return Fault("not_on_return", "completed_at")
    if at < receipt.occurred_at:
        return Fault("completed_before_sale", "completed_at")
    if at - receipt.occurred_at > COMPLETION_MAX:
        limit = {"limit": COMPLETION_MAX.days}
        return Fault("completed_too_late", "completed_at", params=limit)
    return None


def _faults_of_payment(receipt: ReceiptInput, total: Decimal) -> Iterator[Fault]:
    """What of the total was not paid in money, and is therefore no part of any return."""
    left = total
    for name in ("paid_by_coupon", "paid_by_points"):
        paid: Decimal = getattr(receipt, name)
        if not paid:
            continue
        if receipt.kind == "return":
            yield Fault("not_on_return", name)
        elif not paid.is_finite() or not 0 < paid <= MAX_TOTAL:
            yield Fault("amount_out_of_range", name, params={"limit": str(MAX_TOTAL)})
        elif paid.quantize(_AMOUNT) != paid:
            yield Fault("too_many_decimals", name, params={"limit": 4})
        elif paid > left:
            yield Fault("paid_more_than_total", name, params={"left": f"{left.normalize():f}"})
        else:
            left -= paid


def _sort_fault(line: LineInput) -> Fault | None:
    """What is wrong with the kind or category; most lines say neither."""
    if line.kind not in (GOODS, FREIGHT):
        return Fault("line_kind_unknown", "kind")
    return _text_fault("category", line.category, CATEGORY_LENGTH) if line.category else None


def _text_fault(name: str, text: str, limit: int, *, required: bool = False) -> Fault | None:
    if len(text) > limit:
        return Fault("text_too_long", name, params={"limit": limit, "length": len(text)})
    if _UNSAFE.search(text):
        return Fault("unsafe_characters", name)
    if required and not text:
        return Fault("required", name)
    return None


def _quantity_fault(quantity: Decimal) -> Fault | None:
    if not quantity.is_finite() or quantity > MAX_QUANTITY:
        return Fault("quantity_out_of_range", "quantity", params={"limit": str(MAX_QUANTITY)})
    if quantity <= 0:
        return Fault("quantity_not_positive", "quantity", params={"value": f"{quantity:f}"[:30]})
    if quantity.quantize(_QUANTITY) != quantity:
        return Fault("too_many_decimals", "quantity", params={"limit": 3})
    return None


def _price_fault(price: Decimal) -> Fault | None:
    if not price.is_finite() or abs(price) > MAX_UNIT_PRICE:
        return Fault("price_out_of_range", "unit_price", params={"limit": str(MAX_UNIT_PRICE)})
    if price < 0:
        return Fault("price_negative", "unit_price", params={"value": f"{price:f}"[:30]})
    if price.quantize(_AMOUNT) != price:
        return Fault("too_many_decimals", "unit_price", params={"limit": 4})
    return None


def _amount_fault(line: LineInput) -> Fault | None:
    amount = line.amount
    if amount is None:
        if line.quantity * line.unit_price > MAX_TOTAL:
            return Fault("total_too_large", "amount", params={"limit": str(MAX_TOTAL)})
        return None
    if not amount.is_finite() or amount < 0 or amount > MAX_TOTAL:
        return Fault("amount_out_of_range", "amount", params={"limit": str(MAX_TOTAL)})
    if amount.quantize(_AMOUNT) != amount:
        return Fault("too_many_decimals", "amount", params={"limit": 4})
    if amount > line.quantity * line.unit_price + (ROUNDING if line.unit_price else _ZERO):
        return Fault("amount_above_price", "amount")
    return None


def basket_mark(lines: Sequence[LineInput]) -> str:
    """Equal for the same goods, quantities and amounts in the same order."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(
            f"\x1e{line.kind}\x1f{line.sku}\x1f{line.quantity * 1000:.0f}"
            f"\x1f{line_amount(line) * 10000:.0f}".encode()
        )
    return digest.hexdigest()[:32]
