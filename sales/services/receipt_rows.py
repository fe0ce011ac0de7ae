"""How planned receipts become rows: set-based, so that half a million lines are no trouble.

No model is made per line: the ORM would cost more than everything else of an import together.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from points.services import rows
from sales.models import Checkout, Receipt
from sales.policies.refunds import Back
from sales.services.drafts import Draft, Sale, Settled

_RECEIPT_COLUMNS = (
    "id, store_id, number, kind, state, fault, member_id, occurred_at, channel, currency, total, "
    "base, sale_id, original_number, fingerprint, points_earned, points_clawed, returned_total, "
    "rule_version_id, explanation, available_after, pending_after, debt_after, shortfall, "
    "deduct, business, completed_at, paid_by_coupon, paid_by_points, refund, refund_by_points, "
    "refund_by_coupon, points_back, source, actor, received_at"
)
_LINE_COLUMNS = (
    "receipt_id, line_no, sku, name, quantity, unit_price, amount, sale_line_no, returned, kind, "
    "category"
)
_ZERO = Decimal(0)


def insert(
    *,
    drafts: Sequence[Draft],
    store_id: int,
    source: str,
    actor: str,
    received_at: datetime,
    sales: dict[str, Sale],
) -> None:
    """Insert receipts with their lines, and tell each draft its id.

    Raises `IntegrityError` when another process was faster with one of the numbers.
    """
    if not drafts:
        return
    with connection.cursor() as cursor:
        ids = rows.reserve(cursor, "sales_receipt", len(drafts))
        for draft, pk in zip(drafts, ids, strict=True):
            draft.id = draft.outcome.receipt_id = pk
        tail = (source, actor, rows.stamp(received_at))
        heads = [(*_head(draft, store_id, sales), *tail) for draft in drafts]
        rows.insert(cursor, "sales_receipt", _RECEIPT_COLUMNS, heads)
        lines = [line for draft in drafts for line in _lines(draft, sales)]
        rows.insert(cursor, "sales_receiptline", _LINE_COLUMNS, lines)
    for draft in drafts:
        if draft.checkout is not None:
            Checkout.objects.filter(pk=draft.checkout.pk).update(receipt_id=draft.id)


def update_sales(*, sales: Iterable[Sale]) -> None:
    """Write what has been returned of sales that were stored before."""
    changed = [sale for sale in sales if sale.is_changed and sale.id is not None]
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE sales_receipt SET points_clawed = %s, returned_total = %s WHERE id = %s",
            [(sale.points_clawed, sale.returned_total, sale.id) for sale in changed],
        )
        cursor.executemany(
            "UPDATE sales_receiptline SET returned = %s WHERE receipt_id = %s AND line_no = %s",
            [
                (line.returned, sale.id, line.line_no)
                for sale in changed
                for line in sale.lines
                if line.line_no in sale.changed_lines
            ],
        )


def update_settled(*, settled: Sequence[Settled]) -> None:
    """Write the fate of returns that had waited for their sale."""
    for item in settled:
        sale_id = None if item.sale is None else _id_of(item.sale)
        is_posted = item.state == Receipt.State.POSTED
        fields: dict[str, Any] = {
            "state": item.state,
            "fault": item.fault,
            "sale_id": sale_id,
            "explanation": item.explanation,
        }
        if is_posted:
            fields |= {
                "member_id": item.member_id,
                "points_clawed": item.points,
                "base": item.base,
                "rule_version_id": item.rule_version_id,
                "shortfall": item.shortfall,
                "deduct": item.deduct,
            }
            names = ("refund", "refund_by_points", "refund_by_coupon", "points_back")
            fields |= dict(zip(names, _back(item.back), strict=True))
        Receipt.objects.filter(pk=item.waiting.id).update(**fields)


def _id_of(sale: Sale) -> int | None:
    """The sale's id, also when it has only now been inserted."""
    return sale.id if sale.draft is None else sale.draft.id


def _head(draft: Draft, store_id: int, sales: dict[str, Sale]) -> tuple[Any, ...]:
    receipt, outcome = draft.receipt, draft.outcome
    own = _sale_state(draft, sales)
    sale_id = None if draft.sale is None else _id_of(draft.sale)
    return (
        draft.id,
        store_id,
        receipt.number,
        str(receipt.kind),
        str(draft.state),
        draft.fault,
        draft.member_id,
        rows.stamp(receipt.occurred_at),
        receipt.channel,
        receipt.currency,
        draft.total,
        draft.base,
        sale_id,
        receipt.original_number,
        draft.fingerprint,
        draft.points_earned,
        own.points_clawed if own is not None else draft.points_clawed,
        own.returned_total if own is not None else _ZERO,
        draft.rule_version_id,
        json.dumps(draft.explanation, ensure_ascii=False),
        outcome.available,
        outcome.pending,
        outcome.debt,
        outcome.shortfall,
        outcome.deduct,
        receipt.business,
        None if receipt.completed_at is None else rows.stamp(receipt.completed_at),
        abs(receipt.paid_by_coupon),
        abs(receipt.paid_by_points),
        *_back(draft.back),
    )


def _back(back: Back | None) -> tuple[Any, ...]:
    """What goes back with a return of a known sale."""
    if back is None:
        return (None, _ZERO, _ZERO, 0)
    return (back.money, back.by_points, back.by_coupon, back.points)


def _lines(draft: Draft, sales: dict[str, Sale]) -> Iterable[tuple[Any, ...]]:
    own = _sale_state(draft, sales)
    for place, (line, amount) in enumerate(zip(draft.receipt.lines, draft.amounts, strict=True)):
        yield (
            draft.id,
            place + 1,
            line.sku,
            line.name,
            str(line.quantity),
            str(line.unit_price),
            str(amount),
            line.sale_line_no,
            "0" if own is None else str(own.lines[place].returned),
            line.kind,
            line.category,
        )


def _sale_state(draft: Draft, sales: dict[str, Sale]) -> Sale | None:
    """What returns of the same batch have already taken from this drafted sale, if any have."""
    own = sales.get(draft.receipt.number)
    return own if own is not None and own.draft is draft and own.is_changed else None
