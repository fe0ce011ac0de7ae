"""Texts with named placeholders in braces, `{points}`: read, checked and filled.

Python's own `str.format` reaches into attributes and obeys format specifications; a merchant's
text may name a value, and nothing else. `{{` and `}}` stand for the braces themselves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from notifications.policies.kinds import PLACEHOLDERS, Value

MISSING = "—"
_TOKEN = re.compile(r"\{\{|\}\}|\{([a-z_]{1,30})\}|[{}]")


class Broken(ValueError):
    """A brace that opens or closes nothing; `excerpt` shows where."""

    def __init__(self, excerpt: str) -> None:
        self.excerpt = excerpt
        super().__init__(excerpt)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text that has been read, ready to be filled many times."""

    names: frozenset[str]
    _percent: str

    def filled(self, values: Mapping[str, str]) -> str:
        """Raises KeyError for a name without a value."""
        return self._percent % values


@lru_cache(maxsize=2048)
def read(text: str) -> Pattern:
    """Read a text; raises `Broken`."""
    names: set[str] = set()
    parts: list[str] = []
    end = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[end : token.start()].replace("%", "%%"))
        end = token.end()
        if token[0] in ("{{", "}}"):
            parts.append(token[0][0])
        elif token[1] is not None:
            names.add(token[1])
            parts.append(f"%({token[1]})s")
        else:
            raise Broken(text[max(token.start() - 10, 0) : token.start() + 20])
    parts.append(text[end:].replace("%", "%%"))
    return Pattern(frozenset(names), "".join(parts))


def shown(name: str, value: Any, *, language: str, zone: tzinfo) -> str:
    """A value as people read it. What cannot be read as its kind is shown as it is."""
    if isinstance(value, dict):
        value = value.get(language) or next(iter(value.values()), "")
    if value is None or value == "":
        return MISSING
    kind = PLACEHOLDERS.get(name, Value.TEXT)
    if kind in (Value.POINTS, Value.COUNT) and isinstance(value, int):
        return f"{value:,}"
    if kind is Value.DAY:
        return _day(str(value), zone)
    return str(value)


@lru_cache(maxsize=4096)
def _day(text: str, zone: tzinfo) -> str:
    try:
        if len(text) == len("2026-01-01"):
            return date.fromisoformat(text).isoformat()
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = instant.astimezone(zone) if instant.tzinfo is not None else instant
    return local.date().isoformat()
