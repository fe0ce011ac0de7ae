"""The purchases of a period, member by member, as a back-test judges them. Only reads.

Windows of members along the index of their receipts, and of receipts within: what is in memory
at a time does not grow with the period.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from campaigns.policies.programs import Program
from campaigns.policies.returns import SoldLine
from insights.policies.backtests import Bought
from sales.models import Receipt, ReceiptLine
from sales.policies.receipts import LineInput
from sales.services.occasions import Occasions, Purchase
from stores.models import Store
from stores.selectors.arrays import among

_MEMBERS = 200
_RECEIPTS = 1_000
# What the report shows besides what the rules look at.
_SHOWN = frozenset({"category", "tier"})


class Period(NamedTuple):
    """Purchases from `starts_at` on and before `ends_at`, as far as they had come by `seen_at`."""

    starts_at: datetime
    ends_at: datetime
    seen_at: datetime


class _Row(NamedTuple):
    id: int
    store_id: int
    kind: str
    member_id: int
    occurred_at: datetime
    currency: str
    channel: str
    business: str
    paid_by_coupon: Any
    paid_by_points: Any
    completed_at: datetime | None


def judged(period: Period) -> QuerySet[Receipt]:
    """The receipts of members that count: sales, and returns that have no sale.

    What came back of a sale is told by the sale's own lines.
    """
    return Receipt.objects.filter(
        Q(kind=Receipt.Kind.SALE) | Q(kind=Receipt.Kind.RETURN, sale=None),
        state=Receipt.State.POSTED,
        member__isnull=False,
        occurred_at__gte=period.starts_at,
        occurred_at__lt=period.ends_at,
        received_at__lte=period.seen_at,
    )


def by_member(
    period: Period,
    programs: Sequence[Program],
    *,
    reading: Callable[[], AbstractContextManager[Any]],
) -> Iterator[tuple[int, list[Bought]]]:
    """Each member's purchases in order of time; with how many receipts there were.

    Each window is read within `reading()`, a transaction of the caller's making.
    """
    stores = list(Store.objects.all())
    after = 0
    while True:
        with reading():
            members = _members(period, after)
            rows = _rows(period, members)
        if not members:
            return
        after = members[-1]
        pending: list[Bought] = []
        for start in range(0, len(rows), _RECEIPTS):
            with reading():
                pending += _bought(rows[start : start + _RECEIPTS], stores, programs)
            # The last member of a window of receipts may go on in the next one.
            last = pending[-1].member_id
            *whole, rest = _grouped(pending)
            yield from ((len(group), group) for group in whole)
            pending = rest if rest and rest[0].member_id == last else []
        if pending:
            yield len(pending), pending


def _grouped(purchases: list[Bought]) -> list[list[Bought]]:
    return [list(group) for _member, group in groupby(purchases, key=lambda one: one.member_id)]


def _members(period: Period, after: int) -> list[int]:
    rows = judged(period).filter(member_id__gt=after).order_by("member_id")
    return list(rows.values_list("member_id", flat=True).distinct()[:_MEMBERS])


def _rows(period: Period, members: Sequence[int]) -> list[_Row]:
    if not members:
        return []
    rows = judged(period).filter(among("member_id", members))
    ordered = rows.order_by("member_id", "occurred_at", "id")
    return [_Row(*row) for row in ordered.values_list(*_Row._fields)]


def _bought(
    rows: Sequence[_Row], stores: Sequence[Store], programs: Sequence[Program]
) -> list[Bought]:
    lines = _lines([row.id for row in rows])
    purchases = [_purchase(row, lines[row.id]) for row in rows]
    occasions = Occasions(stores=stores, programs=lambda _: programs, needs=_SHOWN)
    occasions.load(purchases)
    return [
        Bought(
            member_id=row.member_id,
            store_id=row.store_id,
            occasion=occasions.of(purchase),
            lines=tuple(
                SoldLine(no, line[3], line[4], line[2], line[7])
                for no, line in enumerate(lines[row.id], start=1)
                if line[7]
            ),
            is_return=row.kind == Receipt.Kind.RETURN,
        )
        for row, purchase in zip(rows, purchases, strict=True)
    ]


def _lines(receipts: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {pk: [] for pk in receipts}
    rows = ReceiptLine.objects.filter(among("receipt_id", receipts)).order_by(
        "receipt_id", "line_no"
    )
    for row in rows.values_list(
        "receipt_id", "sku", "quantity", "unit_price", "amount", "kind", "category", "returned"
    ):
        found[row[0]].append(row)
    return found


def _purchase(row: _Row, lines: Sequence[tuple[Any, ...]]) -> Purchase:
    return Purchase(
        store_id=row.store_id,
        member_id=row.member_id,
        at=row.occurred_at,
        lines=[
            LineInput(sku, "", quantity, price, amount, None, kind, category)
            for _receipt, sku, quantity, price, amount, kind, category, _returned in lines
        ],
        currency=row.currency,
        channel=row.channel,
        business=row.business,
        paid_by_coupon=row.paid_by_coupon,
        paid_by_points=row.paid_by_points,
        completed_at=row.completed_at,
    )
