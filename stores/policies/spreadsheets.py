"""CSV files that people open in a spreadsheet: harmless, and recognised as UTF-8. Pure."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

# The mark by which spreadsheets know UTF-8.
BOM = "\ufeff"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(cell: str) -> str:
    """The cell as a text that no spreadsheet takes for a formula such as `=HYPERLINK(…)`."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def line(cells: Iterable[Any]) -> str:
    """One line of CSV; texts are made inert, numbers stay what they are."""
    stream = StringIO()
    csv.writer(stream).writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return stream.getvalue()


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A whole file, piece by piece."""
    yield BOM
    for row in rows:
        yield line(row)
