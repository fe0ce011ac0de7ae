"""The codes of a file that staff hand in."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from stores.services.tables import Table

# A hundred thousand codes of the longest kind are not more.
BYTES_MAX = 64 * 2**20
_TABLES = (".csv", ".xlsx", ".csv.gz")


def codes_in(upload: "UploadedFile[Any]") -> Iterator[str]:
    """The first cell of every row of a CSV or XLSX file, every line of any other text.

    Raises `FileRefused` for a file that cannot be read. A header would be taken for a code, so
    there is none; empty rows are left to the caller.
    """
    name = (upload.name or "").lower()
    with tempfile.NamedTemporaryFile(suffix=Path(name).suffix[:8]) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        if name.endswith(_TABLES):
            yield from _cells(Path(copy.name), name)
        else:
            yield from _lines(Path(copy.name))


def _cells(path: Path, name: str) -> Iterator[str]:
    table = Table(path=path, name=name)
    try:
        yield from table.header[:1]
        for row in table:
            yield from row.cells[:1]
    finally:
        table.close()


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            yield line.rstrip("\r\n")
