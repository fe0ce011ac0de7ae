"""What a ticket carries of the thing it is about: headings with rows, in each language."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import get_language, override

from members.models import Ticket


class Part(NamedTuple):
    """A heading and its rows; a row has one text, or a text and a figure."""

    title: str
    rows: Sequence[Sequence[str]]


def frozen(tell: Callable[[], Iterable[Part]]) -> dict[str, Any]:
    """What `tell` says in every language of the product, as JSON to be kept."""
    told: dict[str, Any] = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            told[language] = [
                [str(part.title), [[str(cell) for cell in row] for row in part.rows]]
                for part in tell()
            ]
    return {"said": told}


def parts_of(ticket: Ticket) -> list[Part]:
    """The parts in the reader's language."""
    said: Mapping[str, Any] = ticket.carried.get("said", {})
    parts = said.get(get_language() or "") or said.get(settings.LANGUAGE_CODE) or []
    return [Part(title, rows) for title, rows in parts]
