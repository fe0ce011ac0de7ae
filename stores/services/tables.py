"""Reading tables row by row: CSV in any usual encoding, XLSX, gzipped or not.

Nothing here trusts the file: no line, cell or archive is read further than its limit, and what
cannot be read is told as a row with a fault, so that the rest of the file still lands.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from stores.exceptions import FileRefused

MAX_LINE = 32 * 2**20
MAX_BYTES = 8 * 2**30
MAX_COLUMNS = 1000
# openpyxl keeps a workbook's distinct texts in memory.
MAX_SHARED_STRINGS = 96 * 2**20
MAX_SHEET = 4 * 2**30
# XML of a real sheet shrinks ten to thirty times; an archive made to burst, a thousand times.
MAX_RATIO = 250
# A quoted cell may span lines; one that never ends must not swallow the file.
MAX_CONTINUED_LINES = 50

_SNIFFED = 2**20
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class Row(NamedTuple):
    """A row of the file: `number` as an editor counts lines. With a fault, the cells are a guess
    that may serve to tell which receipt the row belonged to."""

    number: int
    cells: Sequence[str]
    fault: str = ""


class Table:
    """An open table: its header, its rows, and how many bytes of the file have been read."""

    def __init__(self, *, path: Path, name: str, encoding: str = "", delimiter: str = "") -> None:
        self.size = path.stat().st_size
        # As much as is looked at to recognise the encoding.
        opened = path.open("rb", buffering=_SNIFFED)
        self._file = cast("io.BufferedReader[Any]", opened)
        try:
            self._rows = _rows(self._file, path, name.lower(), encoding, delimiter)
            header = next((row for row in self._rows if any(row.cells)), None)
        except _DAMAGE as error:
            self._file.close()
            raise FileRefused("file_damaged") from error
        except FileRefused:
            self._file.close()
            raise
        if header is None or header.fault:
            self._file.close()
            raise FileRefused(header.fault if header else "file_empty")
        self.header = [cell.strip() for cell in header.cells]

    def __iter__(self) -> Iterator[Row]:
        """The rows below the header. Raises `FileRefused` where the file turns out damaged."""
        try:
            yield from self._rows
        except _DAMAGE as error:
            raise FileRefused("file_damaged") from error

    @property
    def position(self) -> int:
        return min(self._file.tell(), self.size)

    def close(self) -> None:
        self._file.close()


_DAMAGE = (
    EOFError,
    OSError,
    zlib.error,
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    NotImplementedError,
)


def _rows(
    file: "io.BufferedReader[Any]", path: Path, name: str, encoding: str, delimiter: str
) -> Iterator[Row]:
    start = file.read(4)
    file.seek(0)
    if start.startswith(_ZIP) or name.endswith(".xlsx"):
        if not start.startswith(_ZIP):
            raise FileRefused("not_xlsx")
        return _xlsx_rows(path)
    if start.startswith(_OLE):
        raise FileRefused("old_excel")
    if name.endswith(".gz") and not start.startswith(_GZIP):
        raise FileRefused("not_gzip" if start else "file_empty")
    if start.startswith(_GZIP):
        unpacked = io.BufferedReader(gzip.GzipFile(fileobj=file), _SNIFFED)
        if unpacked.peek(4)[:4] == _ZIP:
            raise FileRefused("gzipped_xlsx")
        return _csv_rows(unpacked, encoding, delimiter)
    return _csv_rows(file, encoding, delimiter)


def _csv_rows(stream: "io.BufferedReader[Any]", encoding: str, delimiter: str) -> Iterator[Row]:
    sample = stream.peek(_SNIFFED)[:_SNIFFED]
    encoding = encoding or _sniffed_encoding(sample)
    delimiter = delimiter or _sniffed_delimiter(sample, encoding)
    csv.field_size_limit(MAX_LINE)
    lines = _Lines(stream, encoding)
    for number, text, fault in lines:
        if fault:
            yield Row(number, text.rstrip("\r\n").split(delimiter, MAX_COLUMNS), fault)
        elif not text.strip():
            continue
        elif '"' not in text:
            yield Row(number, text.rstrip("\r\n").split(delimiter, MAX_COLUMNS))
        else:
            yield _quoted(lines, number, text, delimiter)


def _quoted(lines: "_Lines", number: int, text: str, delimiter: str) -> Row:
    """A record with quotes, which may go on over several lines."""
    taken: list[tuple[int, str, str]] = []

    def feed() -> Iterator[str]:
        yield text
        while len(taken) < MAX_CONTINUED_LINES:
            line = next(lines, None)
            if line is None:
                return
            taken.append(line)
            if line[2]:
                return
            yield line[1]

    try:
        # Strict only when a quote seems open: it is what tells an unfinished record apart.
        cells = next(csv.reader(feed(), delimiter=delimiter, strict=text.count('"') % 2 == 1))
    except csv.Error:
        # Only this line is lost: the ones looked at in search of its end are rows of their own.
        lines.put_back(taken)
        return Row(number, text.rstrip("\r\n").split(delimiter, MAX_COLUMNS), "unclosed_quote")
    return Row(number, cells)


class _Lines:
    """Decoded lines with their numbers; each stands for itself when it cannot be decoded."""

    def __init__(self, stream: "io.BufferedReader[Any]", encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._number = 0
        self._bytes = 0
        self._waiting: deque[tuple[int, str, str]] = deque()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> tuple[int, str, str]:
        if self._waiting:
            return self._waiting.popleft()
        raw = self._stream.readline(MAX_LINE + 1)
        if not raw:
            raise StopIteration
        self._number += 1
        self._bytes += len(raw)
        if self._bytes > MAX_BYTES:
            raise FileRefused("file_too_large", limit=f"{MAX_BYTES // 2**30} GiB")
        if len(raw) > MAX_LINE:
            return self._number, self._skip(raw), "line_too_long"
        try:
            return self._number, raw.decode(self._encoding), ""
        except UnicodeDecodeError:
            return self._number, raw.decode(self._encoding, "replace"), "unreadable_text"

    def _skip(self, raw: bytes) -> str:
        start = raw[:1000].decode(self._encoding, "replace")
        while not raw.endswith(b"\n") and raw:
            raw = self._stream.readline(MAX_LINE + 1)
            self._bytes += len(raw)
            if self._bytes > MAX_BYTES:
                raise FileRefused("file_too_large", limit=f"{MAX_BYTES // 2**30} GiB")
        return start

    def put_back(self, lines: list[tuple[int, str, str]]) -> None:
        self._waiting.extendleft(reversed(lines))


def _sniffed_encoding(sample: bytes) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("utf16")
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    # A sample may end in the middle of a character: judge it up to its last whole line.
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    for encoding in ("utf-8", "gb18030"):
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "utf-8"


def _sniffed_delimiter(sample: bytes, encoding: str) -> str:
    header = sample.split(b"\n", 1)[0].decode(encoding, "replace")
    return max(",;\t|", key=header.count)


def _xlsx_rows(path: Path) -> Iterator[Row]:
    _refuse_bombs(path)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        # The size that a file claims for its sheet need not be true.
        sheet.reset_dimensions()
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in values[:MAX_COLUMNS]]
            if any(cells):
                yield Row(number, cells)
    finally:
        book.close()


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            limit = MAX_SHARED_STRINGS if "sharedStrings" in part.filename else MAX_SHEET
            swollen = part.file_size > MAX_RATIO * max(part.compress_size, 1)
            if part.file_size > limit or (swollen and part.file_size > 2**20):
                raise FileRefused("archive_bomb")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        # A workbook stores binary fractions; their shortest notation is what the sheet shows.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
