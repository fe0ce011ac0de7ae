"""What the intake has to know about receipts that are already there. Plain rows, no models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet

from members.models import Member
from sales.models import Receipt, ReceiptLine
from sales.policies.receipts import LineInput
from sales.policies.returns import SaleLine


class KnownReceipt(NamedTuple):
    id: int
    number: str
    kind: str
    state: str
    fault: str
    member_id: int | None
    currency: str
    fingerprint: str
    total: Decimal
    base: Decimal
    returned_total: Decimal
    points_earned: int
    points_clawed: int
    explanation: dict[str, Any]
    available_after: int | None
    pending_after: int | None
    debt_after: int | None
    shortfall: int
    deduct: Decimal | None
    occurred_at: datetime
    paid_by_coupon: Decimal
    paid_by_points: Decimal
    is_of_erased: bool
    plan: dict[str, Any] | None


@dataclass(slots=True)
class WaitingReturn:
    """A return whose sale had not come when it came."""

    id: int
    number: str
    original_number: str
    member_id: int | None
    occurred_at: datetime
    currency: str
    total: Decimal
    business: str
    lines: list[LineInput]


def by_number(
    *, store_id: int, numbers: Sequence[str], lock: bool = False
) -> dict[str, KnownReceipt]:
    """The receipts of a store with these numbers; locked in the order of their ids if asked."""
    if not numbers:
        return {}
    rows = Receipt.objects.filter(store_id=store_id, number__in=numbers)
    if lock:
        rows = rows.select_for_update(no_key=True, of=("self",)).order_by("id")
    erased = Member.objects.filter(pk=OuterRef("member_id")).exclude(erased_at=None)
    rows = rows.annotate(is_of_erased=Exists(erased), plan=F("checkout__plan"))
    return {row[1]: KnownReceipt(*row) for row in rows.values_list(*KnownReceipt._fields)}


def lines_of(receipt_ids: Iterable[int]) -> dict[int, list[SaleLine]]:
    """The lines of sales, as their returns need them, in order."""
    ids = list(receipt_ids)
    lines: dict[int, list[SaleLine]] = {pk: [] for pk in ids}
    if not ids:
        return lines
    for pk, *fields in (
        ReceiptLine.objects.filter(receipt_id__in=ids)
        .order_by("receipt_id", "line_no")
        .values_list("receipt_id", "line_no", "sku", "unit_price", "amount", "quantity", "returned")
    ):
        lines[pk].append(SaleLine(*fields))  # type: ignore[arg-type]  # columns in field order
    return lines


def waiting_for(*, store_id: int, numbers: Sequence[str]) -> list[WaitingReturn]:
    """The returns of a store that wait for sales with these numbers, oldest first."""
    if not numbers:
        return []
    return _unsettled(
        Receipt.objects.filter(
            store_id=store_id, state=Receipt.State.WAITING, original_number__in=numbers
        )
    )


def unsettled(receipt_id: int) -> WaitingReturn | None:
    """One return that waits or does not fit its sale, locked; None when it is settled."""
    states = (Receipt.State.WAITING, Receipt.State.DISPUTED)
    found = _unsettled(Receipt.objects.filter(pk=receipt_id, state__in=states))
    return found[0] if found else None


def _unsettled(queryset: QuerySet[Receipt]) -> list[WaitingReturn]:
    rows = queryset.select_for_update(no_key=True).order_by("id")
    found = {
        row[0]: WaitingReturn(*row, lines=[])
        for row in rows.values_list(
            "id",
            "number",
            "original_number",
            "member_id",
            "occurred_at",
            "currency",
            "total",
            "business",
        )
    }
    if not found:
        return []
    for pk, *fields in (
        ReceiptLine.objects.filter(receipt_id__in=list(found))
        .order_by("receipt_id", "line_no")
        .values_list(
            "receipt_id",
            "sku",
            "name",
            "quantity",
            "unit_price",
            "amount",
            "sale_line_no",
            "kind",
            "category",
        )
    ):
        found[pk].lines.append(LineInput(*fields))  # type: ignore[arg-type]  # as above
    return list(found.values())
