"""Which column of a file means what: small TOML files that turn rows into receipt lines."""

import re
import tomllib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sales.policies import receipts
from sales.policies.receipts import Fault, LineInput
from stores.exceptions import FileRefused

DEFAULT = Path(__file__).resolve().parent.parent / "mappings" / "standard.toml"

FIELDS = (
    "number",
    "kind",
    "occurred_at",
    "member",
    "sku",
    "name",
    "quantity",
    "unit_price",
    "amount",
    "original_number",
    "sale_line_no",
    "channel",
)
# What most files have no column for. They are read only where there is one.
MORE_HEAD = ("business", "completed_at", "paid_by_coupon", "paid_by_points")
MORE_FIELDS = (*MORE_HEAD, "line_kind", "category")
REQUIRED = ("number", "occurred_at", "sku", "quantity", "unit_price")

_SECTIONS = {
    "": {"name", "file", "columns", "kind", "line_kind", "time", "member", "currency", "channel"},
    "file": {"encoding", "delimiter"},
    "columns": {*FIELDS, *MORE_FIELDS},
    "kind": {"sale", "return", "return_prefix", "returns_are_negative"},
    "line_kind": {"goods", "freight"},
    "time": {"formats"},
    "member": {"by"},
}
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,10})?")
_PHONE = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}")
_MONEY_SIGNS = str.maketrans("", "", "¥￥ ")
_CACHED_TIMES = 4096


class More(NamedTuple):
    """What a row says about its receipt besides; None where it says nothing."""

    business: str | None = None
    completed_at: int | None = None
    paid_by_coupon: Decimal | None = None
    paid_by_points: Decimal | None = None


NOTHING_MORE = More()


class RowLine(NamedTuple):
    """A row of the file as a line of a receipt; times are microseconds since 1970 in UTC."""

    number: str
    kind: str
    occurred_at: int
    member: str
    line: LineInput
    original_number: str
    channel: str
    more: More = NOTHING_MORE


@dataclass(frozen=True)
class Mapping:
    """The mapping as it is written; `bind` joins it to the header of a file."""

    text: str
    columns: dict[str, list[str]]
    kinds: dict[str, str]
    line_kinds: dict[str, str]
    return_prefix: str
    returns_are_negative: bool
    formats: list[str]
    member_by: str
    currency: str
    channel: str
    encoding: str
    delimiter: str

    def bind(self, header: Sequence[str], zone: ZoneInfo, now: datetime) -> "Reader":
        """Find the columns in `header`; raises `FileRefused` when a necessary one is missing."""
        places: dict[str, int] = {}
        for field, names in self.columns.items():
            found = [place for place, cell in enumerate(header) if cell in names]
            if len(found) > 1:
                raise FileRefused("column_twice", column=header[found[0]])
            if found:
                places[field] = found[0]
        for field in REQUIRED:
            if field not in places:
                raise FileRefused(
                    "column_missing", column=" / ".join(self.columns.get(field) or [field])
                )
        return Reader(self, places, list(header), zone, now)


def load(text: str) -> Mapping:
    """A mapping from TOML. Raises `FileRefused` (`mapping_invalid`) with what is wrong in it."""
    try:
        data = tomllib.loads(text)
        return _mapping(text, data)
    except (tomllib.TOMLDecodeError, TypeError, ValueError, AttributeError) as error:
        raise FileRefused("mapping_invalid", reason=str(error)) from error


def _mapping(text: str, data: dict[str, Any]) -> Mapping:
    _refuse_unknown(data)
    kind, file = data.get("kind", {}), data.get("file", {})
    kinds = dict.fromkeys(_texts(kind.get("sale", [])), "sale")
    kinds |= dict.fromkeys(_texts(kind.get("return", [])), "return")
    member_by = data.get("member", {}).get("by", "auto")
    if member_by not in ("auto", "number", "external", "phone"):
        raise ValueError(f"member.by = {member_by!r}")
    return Mapping(
        text=text,
        columns={field: _texts(names) for field, names in data["columns"].items()},
        kinds=kinds,
        line_kinds={
            word: kind
            for kind in (receipts.GOODS, receipts.FREIGHT)
            for word in [kind, *_texts(data.get("line_kind", {}).get(kind, []))]
        },
        return_prefix=str(kind.get("return_prefix", "")),
        returns_are_negative=kind.get("returns_are_negative", False) is True,
        formats=_texts(data.get("time", {}).get("formats", [])),
        member_by=member_by,
        currency=str(data.get("currency", "CNY")),
        channel=str(data.get("channel", "")),
        encoding=_encoding(file.get("encoding", "")),
        delimiter=_delimiter(file.get("delimiter", "")),
    )


def _refuse_unknown(data: dict[str, Any]) -> None:
    """A mistyped key must not be passed over: it would change what the file means."""
    if not isinstance(data.get("columns"), dict):
        raise TypeError("[columns] is missing")
    for section, allowed in _SECTIONS.items():
        table = data if not section else data.get(section, {})
        for key in set(table) - allowed:
            raise ValueError(f"{section}.{key}" if section else key)


def _texts(value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(item, str) and item for item in values):
        raise ValueError(f"{value!r} is not a text or a list of texts")
    return values


def _encoding(name: str) -> str:
    if name.lower() not in ("", "auto", "utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"):
        raise ValueError(f"file.encoding = {name!r}")
    if name.lower() in ("gbk", "gb2312"):
        # Windows writes gb18030 under these names; it contains both.
        return "gb18030"
    return "" if name.lower() == "auto" else name


def _delimiter(name: str) -> str:
    if name not in ("", "auto", ",", ";", "\t", "|"):
        raise ValueError(f"file.delimiter = {name!r}")
    return "" if name == "auto" else name


class RowFaultError(Exception):
    """A row that is not a line of a receipt: which column, and why."""

    def __init__(self, fault: Fault, number: str = "") -> None:
        self.fault = fault
        self.number = number
        super().__init__(fault.code)


class Reader:
    """Turns the rows of one file into lines."""

    def __init__(
        self,
        mapping: Mapping,
        places: AnyMapping[str, int],
        header: list[str],
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        self.mapping = mapping
        self.header = header
        self.zone = zone
        self.now = now
        self._places = places
        self._at = tuple(places.get(field, -1) for field in FIELDS)
        self._more = [(field, places[field]) for field in MORE_FIELDS if field in places]
        self._times: dict[str, int] = {}

    def column(self, field: str) -> str:
        """What the file calls this field."""
        place = self._places.get(field, -1)
        return self.header[place] if place >= 0 else ""

    def guessed_number(self, cells: Sequence[str]) -> str:
        """The receipt's number in a row that is otherwise unreadable, where it can be had."""
        place = self._at[0]
        if place >= len(cells):
            return ""
        number = cells[place].strip().strip('"').strip()
        return "" if receipts.number_fault(number) else number

    def line(self, cells: Sequence[str]) -> RowLine:
        """The row as a line of a receipt, checked. Raises `RowFaultError`."""
        if len(cells) != len(self.header):
            cells = self._squared(cells)
        picked = [cells[place].strip() if place >= 0 else "" for place in self._at]
        (
            number,
            kind,
            at,
            member,
            sku,
            name,
            quantity,
            price,
            amount,
            original,
            line_no,
            channel,
        ) = picked
        fault = receipts.number_fault(number)
        if fault:
            raise RowFaultError(fault)
        try:
            kind = self._kind(kind, number)
            line = LineInput(
                sku,
                name,
                self._quantity(quantity, kind),
                _decimal(price, "unit_price"),
                _decimal(amount, "amount") if amount else None,
                _line_no(line_no) if line_no else None,
            )
            more = NOTHING_MORE
            if self._more:
                line, more = self._with_more(line, cells)
            fault = receipts.line_fault(line)
            if fault:
                raise RowFaultError(fault)
            occurred_at = self._times.get(at) or self._time(at)
        except RowFaultError as error:
            error.number = number
            raise
        channel = channel or self.mapping.channel
        return RowLine(number, kind, occurred_at, member, line, original, channel, more)

    def _with_more(self, line: LineInput, cells: Sequence[str]) -> tuple[LineInput, More]:
        """The cells of columns that most files do not have; empty ones say nothing."""
        said = {field: text for field, place in self._more if (text := cells[place].strip())}
        if not said:
            return line, NOTHING_MORE
        kind = self.mapping.line_kinds.get(said.get("line_kind", receipts.GOODS))
        if kind is None:
            raise RowFaultError(Fault("line_kind_unknown", "line_kind"))
        at = said.get("completed_at")
        return line._replace(kind=kind, category=said.get("category", "")), More(
            said.get("business"),
            self._stamp(self._parsed(at, "completed_at"), "completed_at") if at else None,
            _payment(said, "paid_by_coupon"),
            _payment(said, "paid_by_points"),
        )

    def member_ref(self, text: str) -> receipts.MemberRef:
        """How the file names its members; `auto` tells phones by their form."""
        by = self.mapping.member_by
        if by == "auto":
            by = "phone" if _PHONE.fullmatch(text) else "external"
        kind: Literal["number", "external", "phone"] = "external"
        if by in ("number", "phone"):
            kind = "number" if by == "number" else "phone"
        return receipts.MemberRef(kind, text)

    def _squared(self, cells: Sequence[str]) -> Sequence[str]:
        """Spreadsheets leave out empty cells at the end, or add some; anything else is a fault."""
        width = len(self.header)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            return cells[:width]
        # Fewer cells are as well the sign of a row that was cut off, so they are not filled up
        # when a necessary one is missing.
        if len(cells) < width and len(cells) > max(self._places[f] for f in REQUIRED):
            return [*cells, *[""] * (width - len(cells))]
        raise RowFaultError(
            Fault("wrong_cell_count", "", params={"count": len(cells), "expected": width}),
            self.guessed_number(cells),
        )

    def _kind(self, text: str, number: str) -> str:
        prefix = self.mapping.return_prefix
        if prefix:
            return "return" if number.startswith(prefix) else "sale"
        if not text and self._places.get("kind") is None:
            return "sale"
        kind = self.mapping.kinds.get(text)
        if kind is None:
            raise RowFaultError(Fault("kind_unknown", "kind"))
        return kind

    def _quantity(self, text: str, kind: str) -> Decimal:
        quantity = _decimal(text, "quantity")
        if kind == "return" and self.mapping.returns_are_negative:
            return -quantity
        return quantity

    def _time(self, text: str) -> int:
        moment = self._parsed(text, "occurred_at")
        stamp = self._stamp(moment, "occurred_at")
        fault = receipts.time_fault(moment, now=self.now)
        if fault:
            raise RowFaultError(fault)
        if len(self._times) >= _CACHED_TIMES:
            self._times.clear()
        self._times[text] = stamp
        return stamp

    @staticmethod
    def _stamp(moment: datetime, field: str) -> int:
        try:
            since = moment.astimezone(UTC) - _EPOCH
        except OverflowError:
            raise RowFaultError(Fault("not_a_time", field)) from None
        return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds

    def _parsed(self, text: str, field: str) -> datetime:
        """The time in a cell, in the store's zone unless it has its own."""
        found = self._read_time(text)
        if found is None:
            raise RowFaultError(Fault("not_a_time", field))
        return found if found.tzinfo is not None else found.replace(tzinfo=self.zone)

    def _read_time(self, text: str) -> datetime | None:
        if len(text) <= 40:
            for pattern in self.mapping.formats:
                try:
                    return datetime.strptime(text, pattern)  # noqa: DTZ007 — the store's own zone
                except ValueError:
                    continue
            if not self.mapping.formats:
                try:
                    return datetime.fromisoformat(text)
                except ValueError:
                    pass
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(stamp: int) -> datetime:
    """The instant of a `RowLine`."""
    return datetime.fromtimestamp(stamp // 1_000_000, tz=UTC).replace(microsecond=stamp % 1_000_000)


def _decimal(text: str, field: str) -> Decimal:
    # The pattern keeps out what Decimal would accept: exponents, NaN, other scripts' digits.
    if _NUMBER.fullmatch(text):
        return Decimal(text)
    plain = text[:40].translate(_MONEY_SIGNS)
    if len(text) <= 40 and _GROUPED.fullmatch(plain):
        return Decimal(plain.replace(",", ""))
    if len(text) <= 40 and _NUMBER.fullmatch(plain):
        return Decimal(plain)
    raise RowFaultError(Fault("not_a_number" if text else "required", field))


def _payment(said: AnyMapping[str, str], field: str) -> Decimal | None:
    """A payment in a cell. Many tills write 0 for none, so 0 says nothing."""
    return (_decimal(said[field], field) or None) if field in said else None


def _line_no(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise RowFaultError(Fault("not_a_number", "sale_line_no"))
    return int(text)
