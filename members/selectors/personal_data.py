"""What we know about a member, as the member may take it away (PIPL 45).

Each app adds its sections. A section gives its rows one by one, read in windows, so that ten
thousand entries need no more memory than ten.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from members.models import Member

WINDOW = 500
Cell = str | int | bool | Decimal | date | datetime | None
Rows = Callable[[Sequence[int], datetime], Iterator[Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the export. `columns` are names for programs; `title` is for people.

    `rows` is given the ids of the member and of the rows merged into it, and the instant.
    """

    name: str
    title: str | Promise
    columns: tuple[str, ...]
    rows: Rows


_SECTIONS: list[tuple[int, Section]] = []


def register(*sections: Section, place: int) -> None:
    """Add an app's sections; those with a smaller `place` come first."""
    known = {section.name for _place, section in _SECTIONS}
    _SECTIONS.extend((place, one) for one in sections if one.name not in known)
    _SECTIONS.sort(key=lambda pair: pair[0])


def sections() -> list[Section]:
    return [section for _place, section in _SECTIONS]


def ids_of(member: Member) -> list[int]:
    """The member's row and those merged into it: their past is in the books of each."""
    merged = Member.objects.filter(merged_into=member).order_by("pk")
    return [member.pk, *merged.values_list("pk", flat=True)]


def windowed(rows: QuerySet[Any, Any], *, size: int = WINDOW) -> Iterator[Any]:
    """Rows by their ids, a window at a time; no cursor stays open while a browser reads on."""
    after = 0
    while page := list(rows.filter(pk__gt=after).order_by("pk")[:size]):
        yield from page
        last: Model = page[-1]
        after = last.pk
