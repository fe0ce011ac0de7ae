"""Packing slips as PDF: one small page for each order, with a bar code to be scanned."""

from collections.abc import Sequence
from io import BytesIO

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from reportlab.graphics.barcode import code128
from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from mall.models import Redemption

SLIPS_MAX = 200
# A font of every PDF reader's Asian pack: Chinese without a font file of megabytes.
_FONT = "STSong-Light"
_MARGIN = 8 * mm
_WIDTH, _HEIGHT = A6


def slips(orders: Sequence[Redemption]) -> bytes:
    """A PDF with a page for each order; rewards, variants and stores are loaded with them."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    target = BytesIO()
    canvas = Canvas(target, pagesize=A6)
    canvas.setTitle(_("Packing slips"))
    for order in orders:
        _page(canvas, order)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _page(canvas: Canvas, order: Redemption) -> None:
    y = _HEIGHT - _MARGIN
    y = _text(canvas, _("Packing slip"), y, size=13)
    bars = code128.Code128(order.number, barHeight=11 * mm, barWidth=0.33 * mm)
    bars.drawOn(canvas, _MARGIN - bars.lquiet, y - 13 * mm)
    y = _text(canvas, _grouped(order.number), y - 17 * mm, size=10)
    y = _rule(canvas, y)
    for line in _where(order):
        y = _text(canvas, line, y, size=11)
    y = _rule(canvas, y)
    y = _text(canvas, f"{order.reward.name} × {order.quantity}", y, size=12)
    y = _text(canvas, " · ".join(filter(None, [order.variant.name, order.variant.sku])), y, size=9)
    y = _rule(canvas, y)
    placed = _("Ordered on %(day)s") % {"day": f"{localtime(order.placed_at):%Y-%m-%d %H:%M}"}
    _text(canvas, placed, y, size=8)


def _where(order: Redemption) -> list[str]:
    if order.delivery == Redemption.Delivery.SHIP:
        return [f"{order.recipient}  {order.phone}", order.address]
    store = order.pick_up_store
    name = store.name if store is not None else ""
    return [f"{order.get_delivery_display()} {name}".strip()]


def _grouped(number: str) -> str:
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _text(canvas: Canvas, text: str, y: float, *, size: int) -> float:
    canvas.setFont(_FONT, size)
    for part in simpleSplit(text, _FONT, size, _WIDTH - 2 * _MARGIN) or [""]:
        y -= size * 1.35
        canvas.drawString(_MARGIN, y, part)
    return y


def _rule(canvas: Canvas, y: float) -> float:
    y -= 2.5 * float(mm)
    canvas.setDash(1, 2)
    canvas.line(_MARGIN, y, _WIDTH - _MARGIN, y)
    canvas.setDash()
    return y - float(mm)
