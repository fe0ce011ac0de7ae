"""Taking typed fields out of a mapping, and naming everything that is not as it should be."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.policies.conditions import Problem, decimal_of
from campaigns.policies.numbers import plain

# All cases happen in one place.
ZONE = ZoneInfo("Asia/Shanghai")
_NOON = time(12)


class Fields:
    """The fields of one table; `done` names those that nobody has asked for."""

    def __init__(self, data: Mapping[str, Any], where: str, problems: list[Problem]) -> None:
        self._data = data
        self._where = where
        self._problems = problems
        self._asked: set[str] = set()

    def wrong(self, name: str, code: str, *params: tuple[str, Any]) -> None:
        """Note that the field `name` is wrong."""
        self._problems.append(Problem(self.inside(name)[0], code, params))

    def inside(self, name: str) -> tuple[str, list[Problem]]:
        """Where the fields of a table inside of this one are, and who is told of them."""
        return ".".join(filter(None, (self._where, name))), self._problems

    def has(self, name: str) -> bool:
        return name in self._data

    def given(self, name: str, take: Callable[[str], Any]) -> dict[str, Any]:
        """The field under its name where it is there: whatever is left out keeps its default."""
        return {name: take(name)} if self.has(name) else {}

    def text(self, name: str, limit: int = 64) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            self.wrong(name, "value_missing" if value in (None, "") else "value_invalid")
            return ""
        return value

    def optional(self, name: str) -> str:
        return self.text(name) if self.has(name) else ""

    def whole(self, name: str) -> int:
        value = self._take(name)
        if type(value) is not int:
            self.wrong(name, "number_invalid")
            return 1
        return value

    def flag(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            self.wrong(name, "value_invalid")
        return bool(value)

    def decimal(self, name: str) -> Decimal:
        number = decimal_of(self._take(name))
        if number is None:
            self.wrong(name, "number_invalid")
            return Decimal(1)
        return number

    def yuan(self, name: str) -> Decimal:
        """An amount that is not negative; nothing where the field is missing."""
        number = self.decimal(name) if self.has(name) else Decimal(0)
        if number < 0 or number != round(number, 4):
            self.wrong(name, "number_invalid")
            return Decimal(0)
        return number

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; one text counts as a list of it."""
        value = self._take(name)
        found = [value] if isinstance(value, str) else value or []
        if not isinstance(found, list) or not all(isinstance(v, str) and v for v in found):
            self.wrong(name, "value_invalid")
            return ()
        return tuple(found)

    def choices(self, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """One or more of `allowed`."""
        found = self.texts(name)
        if not found:
            self.wrong(name, "value_missing")
        for value in found:
            if value not in allowed:
                self.wrong(name, "unknown_value", ("value", value))
        return found

    def moment(self, name: str) -> datetime | None:
        """A local time of the shop; a day alone means its noon."""
        value = self._take(name)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.replace(tzinfo=ZONE)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, _NOON, tzinfo=ZONE)
        self.wrong(name, "value_missing" if value is None else "date_invalid")
        return None

    def day(self, name: str) -> date | None:
        value = self._take(name)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.wrong(name, "date_invalid")
        return None

    def table(self, name: str, *, is_required: bool = False) -> Mapping[str, Any]:
        value = self._take(name)
        if isinstance(value, Mapping):
            return value
        if value is not None or is_required:
            self.wrong(name, "value_missing" if value is None else "value_invalid")
        return {}

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """A list of tables."""
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.wrong(name, "value_invalid")
            return []
        return value

    def raw(self, name: str) -> Any:
        return self._take(name)

    def done(self) -> None:
        for name in sorted(set(self._data) - self._asked):
            self.wrong(name, "field_unknown")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._data.get(name)


def json_value(value: Any) -> Any:
    """As the database keeps it: exact numbers and days as text."""
    if isinstance(value, Mapping):
        return {name: json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value
