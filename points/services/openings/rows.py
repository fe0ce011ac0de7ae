"""A row of the file as data, or everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from members import policies
from members.exceptions import ExternalNumberInvalid, NameInvalid
from members.services import registration
from points.policies import LIMIT

TAG_LENGTH = 32
TAGS_MAX = 20
LOT_LENGTH = 64
NEVER_YEAR = 9999
"""How other systems write "for ever" where a date must stand."""

_OLDEST = date(1970, 1, 1)
_NUMBER_LENGTH = 40
_BLOCK_DIGITS = 7
_CACHED_BLOCKS = 50_000
_CACHED_TEXTS = 4096
_MOBILE = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")
_DATE = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
    r"(?:[ T]00?:00(?::00(?:\.0+)?)?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_POINTS = re.compile(r"([0-9]{1,20}|[0-9]{1,3}(?:,[0-9]{3}){1,6})(?:\.0+)?")
_NEGATIVE = re.compile(r"[-−–(][0-9]")
_GENDERS = {
    **dict.fromkeys(("女", "女士", "female", "f", "woman"), "female"),
    **dict.fromkeys(("男", "先生", "male", "m", "man"), "male"),
    **dict.fromkeys(("其他", "其它", "other", "another"), "other"),
    **dict.fromkeys(("", "未知", "保密", "unknown", "not said"), ""),
}


class Fault(NamedTuple):
    """What is wrong in a row: `field` is ours, not the file's column."""

    code: str
    field: str = ""
    value: str = ""
    params: Mapping[str, Any] = {}


class OpeningRow(NamedTuple):
    """A row of the file, checked. Dates as 2026-11-22, empty where nothing was said."""

    external: str = ""
    phone: str = ""
    name: str = ""
    gender: str = ""
    birthday: str = ""
    joined: str = ""
    store: str = ""
    tags: str = ""
    points: int = 0
    earned: str = ""
    valid: str = ""
    credited: str = ""
    lot: str = ""


class RowFaultsError(Exception):
    """A row that cannot be taken in, with everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = faults
        super().__init__(faults[0].code)


class _BadCellError(Exception):
    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


class Reader:
    """Reads the rows of one file: `today` bounds its dates, `stores` are the codes that count."""

    def __init__(
        self,
        places: Mapping[str, int],
        header: Sequence[str],
        *,
        today: date,
        stores: frozenset[str],
    ) -> None:
        self.header = header
        self._places = places
        self._today = today
        self._stores = stores
        self._blocks: set[str] = set()
        self._checks: dict[str, Callable[[str], str | int]] = {
            "external": _external,
            "phone": self._phone,
            "name": _name,
            "gender": _gender,
            "birthday": self._birthday,
            "joined": self._past,
            "store": self._store,
            "tags": _tags,
            "points": _points,
            "earned": self._past,
            "valid": _last_day,
            "credited": _day,
            "lot": _lot,
        }

    def column(self, field: str) -> str:
        """What the file calls this field."""
        place = self._places.get(field)
        return self.header[place] if place is not None else ""

    def row(self, cells: Sequence[str]) -> OpeningRow:
        """The row, checked. Raises `RowFaultsError` with all that is wrong with it."""
        width = len(self.header)
        if len(cells) > width and any(cell.strip() for cell in cells[width:]):
            fault = Fault("wrong_cell_count", params={"count": len(cells), "expected": width})
            raise RowFaultsError([fault])
        said = {
            field: cells[place].strip() if place < len(cells) else ""
            for field, place in self._places.items()
        }
        row, faults = self._checked(said)
        faults += [] if faults else list(_together(row, said))
        if faults:
            raise RowFaultsError(faults)
        return row

    def _checked(self, said: Mapping[str, str]) -> tuple[OpeningRow, list[Fault]]:
        values: dict[str, Any] = {}
        faults = []
        for field, text in said.items():
            if not text:
                continue
            try:
                values[field] = self._checks[field](text)
            except _BadCellError as error:
                faults.append(Fault(error.code, field, text, error.params))
        return OpeningRow(**values), faults

    def _phone(self, text: str) -> str:
        # Blocks of numbers are given out by their first seven digits: one of a block is looked
        # up, which costs more than all the rest of a row.
        plain = _MOBILE.fullmatch(text)
        if plain is None:
            return _checked_phone(text)
        block = plain.group(1)[:_BLOCK_DIGITS]
        if block not in self._blocks:
            _checked_phone(text)
            if len(self._blocks) >= _CACHED_BLOCKS:
                self._blocks.clear()
            self._blocks.add(block)
        return f"+86{plain.group(1)}"

    def _birthday(self, text: str) -> str:
        day = _date(text)
        if not policies.is_birthday(day, today=self._today):
            raise _BadCellError("birthday_impossible")
        return day.isoformat()

    def _past(self, text: str) -> str:
        day = _date(text)
        if day > self._today:
            raise _BadCellError("date_in_future", date=day.isoformat())
        return day.isoformat()

    def _store(self, text: str) -> str:
        if text not in self._stores:
            raise _BadCellError("store_unknown", store=shown("store", text))
        return text


def _together(row: OpeningRow, said: Mapping[str, str]) -> list[Fault]:
    """What no cell shows by itself."""
    faults = []
    if not row.external and not row.phone:
        faults.append(Fault("nobody_named"))
    lot = {field: said.get(field, "") for field in ("earned", "valid", "credited", "lot")}
    if not said.get("points") and any(lot.values()):
        faults.append(Fault("required", "points"))
    if row.valid and row.earned and row.valid < row.earned:
        faults.append(Fault("valid_before_earned", "valid", lot["valid"]))
    if row.credited and row.earned and row.credited < row.earned:
        faults.append(Fault("credited_before_earned", "credited", lot["credited"]))
    if row.credited and row.valid and row.credited > row.valid:
        faults.append(Fault("credited_after_valid", "credited", lot["credited"]))
    return faults


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: _NUMBER_LENGTH + 1]).strip()


def _checked_phone(text: str) -> str:
    phone = policies.normalise_phone(text)
    if phone is None:
        raise _BadCellError("phone_invalid")
    return phone


@lru_cache(_CACHED_TEXTS)
def _date(text: str) -> date:
    folded = _folded(text)
    if len(text) <= _NUMBER_LENGTH:
        parts: tuple[str, ...] | None = None
        if match := _DATE.fullmatch(folded):
            year, _mark, month, day, month_too, day_too = match.groups()
            parts = (year, month or month_too, day or day_too)
        elif match := _COMPACT.fullmatch(folded):
            parts = match.groups()
        if parts is not None:
            return _real(*(int(part) for part in parts))
    raise _BadCellError("not_a_date")


def _real(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise _BadCellError("no_such_day") from None
    if found < _OLDEST.replace(year=1900):
        raise _BadCellError("date_too_old", date=found.isoformat())
    return found


def _day(text: str) -> str:
    day = _date(text)
    if day < _OLDEST:
        raise _BadCellError("date_too_old", date=day.isoformat())
    return day.isoformat()


def _last_day(text: str) -> str:
    day = _day(text)
    # Written where nothing may stay empty: it says the same as an empty cell.
    return "" if day.startswith(str(NEVER_YEAR)) else day


def _external(text: str) -> str:
    try:
        return registration.checked_external_number(text)
    except ExternalNumberInvalid:
        raise _BadCellError("external_invalid") from None


def _name(text: str) -> str:
    try:
        return registration.checked_name(text)
    except NameInvalid:
        raise _BadCellError("name_unfit") from None


def _gender(text: str) -> str:
    gender = _GENDERS.get(_folded(text).casefold())
    if gender is None:
        raise _BadCellError("gender_unknown")
    return gender


@lru_cache(_CACHED_TEXTS)
def _tags(text: str) -> str:
    """Names of tags, sorted and joined by a semicolon."""
    if len(text) > TAGS_MAX * (TAG_LENGTH + 2):
        raise _BadCellError("tag_invalid", limit=TAG_LENGTH, most=TAGS_MAX)
    names = {name.strip() for name in text.replace("；", ";").split(";")} - {""}
    fits = all(len(name) <= TAG_LENGTH and registration.is_visible(name) for name in names)
    if len(names) > TAGS_MAX or not fits:
        raise _BadCellError("tag_invalid", limit=TAG_LENGTH, most=TAGS_MAX)
    return ";".join(sorted(names))


def _points(text: str) -> int:
    folded = _folded(text)
    match = _POINTS.fullmatch(folded) if len(text) <= _NUMBER_LENGTH else None
    if match is None:
        raise _BadCellError("points_negative" if _NEGATIVE.match(folded) else "points_not_whole")
    points = int(match.group(1).replace(",", ""))
    if points > LIMIT:
        raise _BadCellError("points_too_many", limit=LIMIT)
    return points


def _lot(text: str) -> str:
    if len(text) > LOT_LENGTH or not text.isprintable():
        raise _BadCellError("lot_invalid", limit=LOT_LENGTH)
    return text


_SHOWN = 40
_MASKED_FROM = 8
_LONG_NUMBER = re.compile(r"\+?[0-9][0-9 ()\-]{6,}[0-9]")
_DAY_LIKE = re.compile(r"[0-9]{4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,2}(?:[ T][0-9:.]*)?")


def shown(field: str, value: str) -> str:
    """A refused value, short enough to be listed and without what names a person.

    Lists of refused rows are read by many and kept for months; phones, names and numbers of
    other systems must be recognised by whoever has the file, and mean nothing to others.
    """
    text = "".join(c if registration.is_visible(c) else "�" for c in value[: _SHOWN + 1])
    folded = unicodedata.normalize("NFKC", text)
    more = "…" if len(folded) > _SHOWN else ""
    if field == "name":
        return f"{folded[:1]}***" if folded else ""
    if field in ("external", "phone"):
        return _masked(policies.national_phone(folded[:_SHOWN]))
    if _DAY_LIKE.fullmatch(folded):
        return folded
    # Before it is cut: the beginning of a phone number is part of one.
    return _LONG_NUMBER.sub(lambda found: _masked(found.group()), folded)[:_SHOWN] + more


def _masked(text: str) -> str:
    if len(text) >= _MASKED_FROM:
        return f"{text[:3]}****{text[-2:]}"
    return f"{text[:1]}***" if text else ""
