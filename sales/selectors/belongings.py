"""The receipt behind an entry, as its member may read it."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.policies.numbers import plain
from campaigns.selectors.explanations import money
from members.selectors.carried import Part
from points.selectors.belongings import Facts
from sales.models import Receipt, ReceiptLine

_LINES_SHOWN = 50
# `receipt:3:A1`, and for further lots and repairs `receipt-part:3:1:A1`, `receipt-repair:3:A1`.
# A receipt's number may hold colons itself, so that what fits is looked up rather than guessed.
_PLAIN = re.compile(r"receipt(?:-[a-z-]+)?:(\d{1,18}):(.+)", re.DOTALL)
_PLACED = (
    re.compile(r"receipt-part:(\d{1,18}):\d{1,9}:(.+)", re.DOTALL),
    re.compile(r"receipt-[a-z-]+:\d{1,9}:(\d{1,18}):(.+)", re.DOTALL),
)


def receipt_of(reference: str) -> Receipt | None:
    """The receipt that the ledger knows by `reference`, with its store; at most one query."""
    matches = [match for one in (*_PLACED, _PLAIN) if (match := one.fullmatch(reference))]
    if not matches:
        return None
    wanted = Q()
    for match in matches:
        wanted |= Q(store_id=int(match[1]), number=match[2])
    return Receipt.objects.filter(wanted).select_related("store").order_by("pk").first()


def parts(facts: Facts) -> Iterable[Part]:
    """The receipt's head and lines; nothing for entries without one. Two queries."""
    receipt = receipt_of(facts.reference)
    if receipt is not None:
        yield Part(_("Receipt %(number)s") % {"number": receipt.number}, [*_rows(receipt)])


def _rows(receipt: Receipt) -> Iterator[tuple[str, ...]]:
    moment = timezone.localtime(receipt.occurred_at)
    yield _("Store"), receipt.store.name
    yield receipt.get_kind_display(), f"{moment:%Y-%m-%d %H:%M}"
    lines = list(
        ReceiptLine.objects.filter(receipt=receipt).order_by("line_no")[: _LINES_SHOWN + 1]
    )
    for line in lines[:_LINES_SHOWN]:
        yield f"{line.name or line.sku} × {plain(line.quantity)}", _yuan(line.amount, receipt)
    if len(lines) > _LINES_SHOWN:
        more = ReceiptLine.objects.filter(receipt=receipt).count() - _LINES_SHOWN
        told = ngettext("and %(count)s more line", "and %(count)s more lines", more)
        yield (told % {"count": more},)
    yield _("Total"), _yuan(receipt.total, receipt)
    for text, paid in (
        (_("of it paid by coupon"), receipt.paid_by_coupon),
        (_("of it paid by points"), receipt.paid_by_points),
    ):
        if paid:
            yield text, _yuan(paid, receipt)


def _yuan(amount: Decimal, receipt: Receipt) -> str:
    return money(plain(amount), receipt.currency)
