"""Which lines of a sale a return brings back, and whether that much was sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sales.policies.receipts import ROUNDING, Fault, LineInput


@dataclass(slots=True)
class SaleLine:
    """A line of the sale; `returned` grows with each return."""

    line_no: int
    sku: str
    unit_price: Decimal
    amount: Decimal
    quantity: Decimal
    returned: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """`quantity` of the sale's line `line_no` comes back by line `return_line_no`."""

    return_line_no: int
    line_no: int
    quantity: Decimal


def match(returned: Sequence[LineInput], sold: Sequence[SaleLine]) -> list[Match] | Fault:
    """Assign what comes back to what was sold; the sale's lines are not changed.

    A line that names its line of the sale is held to it. The others take from the lines with
    the same article, in the order of the sale.
    """
    left = {line.line_no: line.quantity - line.returned for line in sold}
    matches: list[Match] = []
    numbered = sorted(enumerate(returned, start=1), key=lambda item: item[1].sale_line_no is None)
    for line_no, line in numbered:
        found = _take(line_no, line, sold, left)
        if isinstance(found, Fault):
            return found
        matches.extend(found)
    return matches


def amount_fault(*, total: Decimal, returned: Decimal, sold: Decimal) -> Fault | None:
    """A return may not be worth more than what is left of its sale, but for rounding."""
    if returned + total > sold + ROUNDING:
        left = max(sold - returned, Decimal(0))
        return Fault("return_exceeds_amount", "lines", params={"left": f"{left.normalize():f}"})
    return None


def _take(
    line_no: int, line: LineInput, sold: Sequence[SaleLine], left: dict[int, Decimal]
) -> list[Match] | Fault:
    if line.sale_line_no is not None:
        candidates = [row for row in sold if row.line_no == line.sale_line_no]
        if not candidates:
            return Fault("sale_line_unknown", "sale_line_no", line_no)
        if candidates[0].sku != line.sku:
            return Fault("sale_line_mismatch", "sku", line_no)
    else:
        candidates = [row for row in sold if row.sku == line.sku]
        if not candidates:
            return Fault("sku_not_sold", "sku", line_no)
    need = line.quantity
    matches = []
    for row in candidates:
        part = min(need, left[row.line_no])
        if part > 0:
            left[row.line_no] -= part
            need -= part
            matches.append(Match(line_no, row.line_no, part))
    if need > 0:
        possible = line.quantity - need
        return Fault(
            "return_exceeds_quantity", "quantity", line_no, {"left": f"{possible.normalize():f}"}
        )
    return matches
