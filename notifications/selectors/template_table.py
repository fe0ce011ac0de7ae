"""Everything that can be worded, with who words it: the merchant, the product, nobody."""

from dataclasses import dataclass

from django.conf import settings

from notifications.models import MessageTemplate
from notifications.policies import kinds

OWN, OURS, OFF = "own", "ours", "off"


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind and event over one channel in one language. `state` is one of the three above."""

    about: str
    channel: str
    language: str
    state: str
    template_id: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """An event of a kind with its cells, in the order of `columns`."""

    kind: str
    event: str
    cells: list[Cell]


def columns() -> list[tuple[str, str, str]]:
    """Channel, its name, language: the columns of the table."""
    return [
        (channel.value, str(channel.label), language)
        for channel in MessageTemplate.Channel
        for language, _name in settings.LANGUAGES
    ]


def rows() -> list[Row]:
    """The whole table. One query."""
    known = {
        (one.kind, one.event, one.channel, one.language): one
        for one in MessageTemplate.objects.all()
    }
    return [
        Row(
            kind=kind,
            event=event,
            cells=[
                _cell(kind, event, channel, language, known)
                for channel, _label, language in columns()
            ],
        )
        for kind, one in kinds.KINDS.items()
        for event in dict.fromkeys(("", *one.events))
    ]


def _cell(
    kind: str,
    event: str,
    channel: str,
    language: str,
    known: dict[tuple[str, str, str, str], MessageTemplate],
) -> Cell:
    own = known.get((kind, event, channel, language))
    holds = own or known.get((kind, "", channel, language))
    state = OURS if holds is None else OWN if holds.is_active else OFF
    about = f"{kind}.{event}" if event else kind
    return Cell(about, channel, language, state, own.pk if own else None)
