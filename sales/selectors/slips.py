"""The return slip 退货积分单: what a return gave back, took off, and what is left of it (F74, F75).

Told from what was booked, so that slip and ledger cannot say different things.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from points.selectors import returned
from points.selectors.belongings import Facts
from points.selectors.returned import Booked, Put
from sales.models import Receipt, ReceiptLine
from sales.policies.references import reference
from sales.selectors.belongings import receipt_of

_ZERO = Decimal(0)
_CLAWED = ("own", "others", "lapsed", "debt", "shortfall")


@dataclass(frozen=True, slots=True)
class CouponBack:
    """What became of a coupon when the whole order was back."""

    code: str
    yuan: Decimal
    is_back: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Slip:
    """One return as its member reads it. Points are whole, money is yuan.

    `spent_back` came back into lots or paid a debt; `lapsed` of the spent points had passed their
    day and do not. `taken_off` is what the goods had earned, of which `own` came from the points
    of that purchase, `others` from other points, `expired` had lapsed unused, `debt` is owed now
    and `shortfall` was let go or is kept from the refund. `net` is 差额, the change of points in
    all: below zero deducted, above given back. `refund` is None where the sale is not known.
    """

    receipt: Receipt
    lines: Sequence[ReceiptLine]
    more_lines: int
    spent_back: int
    lapsed: int
    lots: tuple[Put, ...]
    paid_debt: int
    taken_off: int
    own: int
    others: int
    expired: int
    debt: int
    shortfall: int
    net: int
    refund: Decimal | None
    by_points: Decimal
    by_coupon: Decimal
    deduct: Decimal
    coupons: tuple[CouponBack, ...]
    entries: tuple[Booked, ...] = field(default=())

    @property
    def points_elsewhere(self) -> bool:
        """Whether points paid for the goods that are none of this ledger's."""
        return bool(self.by_points) and not self.receipt.points_back

    @property
    def to_refund(self) -> Decimal | None:
        """Money that the customer gets, after what the till keeps; never below zero."""
        return None if self.refund is None else max(self.refund - self.deduct, _ZERO)


LINES_SHOWN = 50


def returns_of(member_id: int) -> QuerySet[Receipt]:
    """The member's settled returns, newest first."""
    rows = Receipt.objects.filter(
        member_id=member_id, kind=Receipt.Kind.RETURN, state=Receipt.State.POSTED
    )
    return rows.select_related("store", "sale").order_by("-occurred_at", "-pk")


def before(rows: QuerySet[Receipt], last: Receipt) -> QuerySet[Receipt]:
    """Those of `returns_of` that come after `last` in the list."""
    older = Q(occurred_at__lt=last.occurred_at)
    return rows.filter(older | Q(occurred_at=last.occurred_at, pk__lt=last.pk))


def links(facts: Facts) -> Iterable[tuple[str, str]]:
    """From the entry of a return to its slip. One query, and none for other entries."""
    if facts.kind not in ("restore", "clawback") or not facts.reference.startswith("receipt"):
        return
    receipt = receipt_of(facts.reference)
    if receipt is not None and receipt.member_id == facts.member_id and slip_exists(receipt):
        yield (
            _("Return slip %(number)s") % {"number": receipt.number},
            reverse("sales:slip", args=[receipt.pk]),
        )


def slip_exists(receipt: Receipt) -> bool:
    return receipt.kind == Receipt.Kind.RETURN and receipt.state == Receipt.State.POSTED


def slip_of(receipt: Receipt) -> Slip | None:
    """The slip of a return; None for a sale, and for a return that is not settled yet.

    At most seven queries, however many lines and lots.
    """
    if not slip_exists(receipt):
        return None
    entries = _entries(receipt)
    back = next((one for one in entries if one.kind == "restore"), None)
    told: dict[str, Any] = back.told if back is not None else {}
    rows = ReceiptLine.objects.filter(receipt=receipt).order_by("line_no")
    lines = list(rows[: LINES_SHOWN + 1])
    return Slip(
        receipt=receipt,
        lines=lines[:LINES_SHOWN],
        more_lines=rows.count() - LINES_SHOWN if len(lines) > LINES_SHOWN else 0,
        spent_back=told.get("restored", 0) + told.get("regranted", 0),
        lapsed=told.get("lapsed", 0) - told.get("regranted", 0),
        lots=() if back is None else tuple(returned.put_into(back.id)),
        paid_debt=back.paid_debt if back is not None else 0,
        taken_off=receipt.points_clawed,
        **_clawed(entries),
        net=sum(one.points for one in entries),
        refund=receipt.refund,
        by_points=receipt.refund_by_points,
        by_coupon=receipt.refund_by_coupon,
        deduct=receipt.deduct or _ZERO,
        coupons=tuple(_coupons(receipt)),
        entries=tuple(entries),
    )


def _entries(receipt: Receipt) -> list[Booked]:
    if receipt.member_id is None:
        return []
    store_id, number = receipt.store_id, receipt.number
    parts = len(receipt.explanation.get("parts", ())) or 1
    names = [reference(store_id, number, place) for place in range(parts)]
    names.append(reference(store_id, number, what="receipt-restore"))
    return returned.by_references(receipt.member_id, names)


def _clawed(entries: Sequence[Booked]) -> dict[str, int]:
    """Where the points came from that went off."""
    parts = [one.told.get("clawback", {}) for one in entries]
    own, others, expired, debt, shortfall = (
        sum(part.get(name, 0) for part in parts) for name in _CLAWED
    )
    return {
        "own": own,
        "others": others,
        "expired": expired,
        "debt": debt,
        "shortfall": shortfall,
    }


def _coupons(receipt: Receipt) -> list[CouponBack]:
    return [
        CouponBack(one["code"], Decimal(one["yuan"]), one["is_back"], parse_datetime(one["until"]))
        for one in receipt.explanation.get("coupons", ())
    ]
