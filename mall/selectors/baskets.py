"""A basket as a till tells it, with what we know of its articles."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from mall.policies.coupons import Line
from stores.selectors import goods


class Told(NamedTuple):
    """A line as the till has it; `category` is a code, or blank where it does not know one."""

    line_no: int
    sku: str
    category: str
    kind: Literal["goods", "freight"]
    quantity: Decimal
    amount: Decimal


def lines_of(told: Iterable[Told]) -> list[Line]:
    """The lines with categories (own first, then parents) and labels. Two queries.

    The till's own category counts where it names one; an article that we do not know has no
    label.
    """
    rows = list(told)
    known = goods.tree()
    articles = goods.articles({row.sku for row in rows if row.kind == "goods"}, known=known)
    lines = []
    for row in rows:
        article = articles.get(row.sku)
        path = known.path(row.category) if row.category else ()
        if not path and article is not None and not row.category:
            path = article.category_path
        labels = article.labels if article is not None else frozenset()
        lines.append(
            Line(
                row.line_no,
                row.sku,
                tuple(reversed(path)),
                labels,
                row.kind,
                row.quantity,
                row.amount,
            )
        )
    return lines
