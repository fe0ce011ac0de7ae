"""Files of the carrier or the warehouse: order, carrier, tracking number, a line each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from mall.exceptions import RedemptionRefused
from mall.models import Redemption
from mall.policies import numbers
from mall.services import progress
from members import policies
from stores.exceptions import FILE_MESSAGES, FileRefused, Refusal
from stores.services.tables import Table

ROWS_MAX = 2000
BYTES_MAX = 5 * 2**20
# What the columns are called, in lower case.
COLUMNS: Mapping[str, frozenset[str]] = {
    "number": frozenset({"order", "number", "order number", "兑换单号", "订单号", "单号"}),
    "carrier": frozenset({"carrier", "快递公司", "物流公司", "承运商", "快递"}),
    "tracking": frozenset(
        {"tracking", "tracking number", "waybill", "运单号", "快递单号", "物流单号"}
    ),
}
FILE_MESSAGES.update(
    shipping_columns=_(
        "The file needs the columns order number, carrier and tracking number "
        "(兑换单号, 快递公司, 运单号)."
    ),
    shipping_rows=_("At most %(limit)s rows at once."),
)


@dataclass(frozen=True, slots=True)
class Shipped:
    """What became of one row. `refusal` says why nothing did; `was_shipped` that it had been
    shipped with these numbers before."""

    row: int
    number: str
    carrier: str
    tracking: str
    refusal: Refusal | None = None
    was_shipped: bool = False


def ship_file(
    *,
    path: Path,
    name: str,
    actor: str,
    at: datetime,
    progress_of: Callable[[int], object] = lambda done: None,
) -> list[Shipped]:
    """Ship what a file says, each row by itself: what is wrong with one leaves the others alone.

    The same file again changes nothing. Raises `FileRefused` for a file that cannot be read, has
    not the columns, or more than two thousand rows; then nothing was shipped.
    """
    rows = _read(path, name)
    results = []
    for done, (row, number, carrier, tracking) in enumerate(rows, start=1):
        results.append(_ship(row, number, carrier, tracking, actor=actor, at=at))
        progress_of(done)
    return results


def _read(path: Path, name: str) -> list[tuple[int, str, str, str]]:
    table = Table(path=path, name=name)
    try:
        places = _places(table.header)
        found: list[tuple[int, str, str, str]] = []
        for row in table:
            if not any(cell.strip() for cell in row.cells):
                continue
            if len(found) == ROWS_MAX:
                raise FileRefused("shipping_rows", limit=ROWS_MAX)
            cells = [_cell(row.cells, places[column]) for column in COLUMNS]
            found.append((row.number, cells[0], cells[1], cells[2]))
    finally:
        table.close()
    return found


def _places(header: Sequence[str]) -> dict[str, int]:
    places = {}
    for column, names in COLUMNS.items():
        place = next((n for n, cell in enumerate(header) if cell.lower() in names), None)
        if place is None:
            raise FileRefused("shipping_columns")
        places[column] = place
    return places


def _cell(cells: Sequence[str], place: int) -> str:
    """Spreadsheets keep long numbers as text by a quotation mark in front."""
    return cells[place].strip().removeprefix("'") if place < len(cells) else ""


def _ship(
    row: int, number: str, carrier: str, tracking: str, *, actor: str, at: datetime
) -> Shipped:
    plain = policies.fold_digits("".join(number.split()))
    found = (
        Redemption.objects.filter(number=plain).values_list("pk", "state").first()
        if numbers.is_number(plain)
        else None
    )
    if found is None:
        refusal: Refusal = RedemptionRefused("redemption_unknown", field="number")
        return Shipped(row, number[:40], carrier[:40], tracking[:40], refusal)
    pk, state = found
    try:
        progress.ship(
            redemption_id=pk, carrier=carrier, tracking_number=tracking, actor=actor, at=at
        )
    except Refusal as caught:
        return Shipped(row, plain, carrier[:40], tracking[:40], caught)
    return Shipped(row, plain, carrier, tracking, was_shipped=state == Redemption.State.SHIPPED)
