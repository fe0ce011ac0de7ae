"""Receipts in a member's copy of their data."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from members.selectors.personal_data import Cell, Section, windowed
from sales.models import Receipt, ReceiptLine

Found = Iterator[Sequence[Cell]]


def _receipts(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(Receipt.objects.filter(member_id__in=ids).select_related("store")):
        yield (
            *(row.store.code, row.store.name, row.number, row.kind, row.state, row.occurred_at),
            *(row.channel, row.currency, row.total, row.base, row.original_number, row.points),
            row.received_at,
        )


def _lines(ids: Sequence[int], at: datetime) -> Found:
    """By the lines' own ids: a receipt of a thousand lines is read in windows as well."""
    rows = ReceiptLine.objects.filter(receipt__member_id__in=ids)
    for row in windowed(rows.select_related("receipt__store")):
        yield (
            *(row.receipt.store.code, row.receipt.number, row.line_no, row.sku, row.name),
            *(row.kind, row.category, row.quantity, row.unit_price, row.amount, row.returned),
        )


SECTIONS = (
    Section(
        "receipts",
        _("Receipts"),
        (
            *("store", "store_name", "number", "kind", "state", "occurred_at", "channel"),
            *("currency", "total", "amount_that_counts", "original_number", "points"),
            "received_at",
        ),
        _receipts,
    ),
    Section(
        "receipt_lines",
        _("Receipt lines"),
        (
            *("store", "receipt", "line", "sku", "name", "kind", "category", "quantity"),
            *("unit_price", "amount", "returned"),
        ),
        _lines,
    ),
)
