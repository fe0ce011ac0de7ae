"""The basket of a checkout, as coupons and points look at it."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal

from mall.policies.coupons import Discount, Line
from sales import exceptions
from sales.policies import deductions, receipts
from sales.policies.deductions import BasketLine
from sales.policies.receipts import FREIGHT, GOODS, MAX_LINES, Fault, LineInput
from sales.services.drafts import refusal_of
from stores.selectors import goods
from stores.selectors.goods import ArticleFacts

_FEN = Decimal("0.01")
_UNKNOWN = ArticleFacts("", (), "", frozenset())


def check(lines: Sequence[LineInput]) -> None:
    """Raise `ReceiptRefused` for the first thing about these lines that cannot be accepted."""
    if not lines:
        raise exceptions.ReceiptRefused("lines_missing", field="lines")
    if len(lines) > MAX_LINES:
        raise exceptions.ReceiptRefused("too_many_lines", field="lines", limit=MAX_LINES)
    for line_no, line in enumerate(lines, start=1):
        fault = receipts.line_fault(line)
        if fault is not None:
            raise refusal_of(Fault(fault.code, fault.field, line_no, fault.params))
    total = total_of(lines)
    if total > receipts.MAX_TOTAL:
        limit = str(receipts.MAX_TOTAL)
        raise exceptions.ReceiptRefused("total_too_large", field="lines", limit=limit)


def total_of(lines: Iterable[LineInput]) -> Decimal:
    return sum((receipts.line_amount(line) for line in lines), Decimal(0))


def with_facts(lines: Sequence[LineInput]) -> list[Line]:
    """The lines with what is known of their articles. Two queries, however many lines.

    The till's own word for a category counts before the article's. Amounts are whole fen:
    what lies below cannot be paid otherwise than in money.
    """
    tree = goods.tree()
    articles = goods.articles({line.sku for line in lines}, known=tree)
    found = []
    for line_no, line in enumerate(lines, start=1):
        article = articles.get(line.sku, _UNKNOWN)
        path = tree.path(line.category) if line.category else article.category_path
        found.append(
            Line(
                line_no=line_no,
                sku=line.sku,
                category=tuple(reversed(path)),
                labels=article.labels,
                kind="freight" if line.kind == FREIGHT else "goods",
                quantity=line.quantity,
                amount=receipts.line_amount(line).quantize(_FEN, ROUND_DOWN),
            )
        )
    return found


def after_coupons(lines: Iterable[Line], discounts: Sequence[Discount]) -> list[BasketLine]:
    """What is left of each line for points to pay."""
    off = coupon_shares(discounts)
    return [
        BasketLine(
            line_no=line.line_no,
            sku=line.sku,
            category=line.category,
            labels=line.labels,
            is_freight=line.kind != GOODS,
            amount=line.amount - off.get(line.line_no, Decimal(0)),
        )
        for line in lines
    ]


def coupon_shares(discounts: Iterable[Discount]) -> dict[int, Decimal]:
    """What coupons take off each line, all of them together."""
    found: dict[int, Decimal] = {}
    for discount in discounts:
        for line_no, yuan in discount.by_line.items():
            found[line_no] = found.get(line_no, Decimal(0)) + yuan
    return found


def deduction(
    lines: Sequence[Line],
    discounts: Sequence[Discount],
    terms: deductions.Terms,
    *,
    balance: int,
) -> tuple[list[BasketLine], deductions.Most]:
    """What points may pay after these coupons. One that goes with no points leaves nothing."""
    left = after_coupons(lines, discounts)
    alone = next((one for one in discounts if not one.with_points), None)
    if alone is not None and terms.is_on:
        reason = deductions.Reason("coupon_without_points", {"coupon": alone.code})
        return left, deductions.Most(reasons=(reason,))
    return left, deductions.most(left, terms, balance=balance)
