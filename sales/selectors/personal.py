"""Receipts in a member's copy of their data."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from members.selectors.personal_data import Cell, Section, windowed
from sales.models import Checkout, Receipt, ReceiptLine
from sales.selectors.checkouts import state_at

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


def _checkouts(ids: Sequence[int], at: datetime) -> Found:
    rows = Checkout.objects.filter(member_id__in=ids).select_related("store", "receipt")
    for row in windowed(rows):
        yield (
            *(row.store.code, row.store.name, row.number, state_at(row, at).value, row.total),
            *(row.paid_by_coupon, row.paid_by_points, row.points, row.created_at),
            *(row.expires_at, row.receipt and row.receipt.number),
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
    Section(
        "checkouts",
        _("Checkouts"),
        (
            *("store", "store_name", "number", "state", "total", "paid_by_coupon"),
            *("paid_by_points", "points", "created_at", "expires_at", "receipt"),
        ),
        _checkouts,
    ),
)
