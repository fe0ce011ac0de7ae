"""The words of a message: the merchant's where there are any, otherwise the product's.

A gateway with templates of its own (SMS providers and WeChat demand it) uses the key and the
values; the text is for those without, and for the staff who look at the outbox.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import MessageTemplate
from notifications.policies import kinds, wording
from notifications.policies.wording import Pattern
from notifications.services.wordings import WITHOUT, WORDINGS

SIGN_IN_CODE = "sign_in_code"
EMAIL_CODE = "email_code"
DIGEST = "digest"
# Stands in the outbox for a merchant's text that names what the event does not know.
UNUSABLE = "template_unusable"

_TEXTS: dict[str, str | Promise] = {
    SIGN_IN_CODE: _(
        "%(code)s is your sign-in code. It is valid for %(minutes)s minutes. "
        "Never pass it on to anyone."
    ),
    EMAIL_CODE: _(
        "%(code)s is the code that confirms your e-mail address. It is valid for %(minutes)s "
        "minutes. If you did not ask for it, nothing needs to be done."
    ),
}


def render(*, template: str, language: str, context: dict[str, Any]) -> str:
    """The text of `template` in `language`; raises KeyError for an unknown template."""
    with translation.override(known(language)):
        return str(_TEXTS[template]) % context


def known(language: str) -> str:
    """`language`, or the house's own where the product does not speak it."""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def key_of(kind: str, event: str) -> str:
    """How a message, and the operator's table of provider templates, names an event."""
    return f"{kind}.{event}" if event else kind


@dataclass(frozen=True, slots=True)
class Worded:
    """A title and a text; `note` says why the merchant's own words could not be used."""

    title: str
    body: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    title: Pattern
    body: Pattern

    @property
    def names(self) -> frozenset[str]:
        return self.title.names | self.body.names


@dataclass(slots=True)
class Wordings:
    """The words of some kinds, read once and used for many members. One query."""

    only: Collection[str]
    _rows: dict[tuple[str, str, str, str], MessageTemplate] = field(init=False)
    _own: dict[tuple[str, str, str, str], _Words | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._put(MessageTemplate.objects.filter(kind__in=set(self.only)) if self.only else [])

    @classmethod
    def of(cls, rows: Iterable[MessageTemplate]) -> "Wordings":
        """Of rows that may not be saved yet. No query."""
        wordings = cls([])
        wordings._put(rows)
        return wordings

    def _put(self, rows: Iterable[MessageTemplate]) -> None:
        self._rows = {(row.kind, row.event, row.channel, row.language): row for row in rows}

    def is_active(self, *, kind: str, event: str, channel: str, language: str) -> bool:
        """Whether the merchant lets the event leave over `channel`."""
        row = self.row(kind=kind, event=event, channel=channel, language=language)
        return row is None or row.is_active

    def provider_template(self, *, kind: str, event: str, channel: str, language: str) -> str:
        row = self.row(kind=kind, event=event, channel=channel, language=language)
        return row.provider_template if row is not None else ""

    def row(self, *, kind: str, event: str, channel: str, language: str) -> MessageTemplate | None:
        """The merchant's row for an event: its own before the kind's, and where the language
        has none, that of the house's language."""
        for spoken in dict.fromkeys((language, settings.LANGUAGE_CODE)):
            for named in dict.fromkeys((event, "")):
                if (row := self._rows.get((kind, named, channel, spoken))) is not None:
                    return row
        return None

    def worded(
        self,
        values: Mapping[str, str],
        *,
        kind: str,
        event: str,
        channel: str,
        language: str,
        given: Collection[str],
    ) -> Worded:
        """Title and text. `values` holds every placeholder of the event as people read it,
        `given` the names of those that the caller knew.

        Never fails for what a merchant has written: the product's words take its place.
        """
        key = (kind, event, channel, language)
        if key not in self._own:
            self._own[key] = self._read(*key)
        own, note = self._own[key], ""
        if own is not None:
            if own.names <= set(given):
                return Worded(own.title.filled(values), own.body.filled(values))
            note = UNUSABLE
        ours = _product(kind, event, language, _is_short(kind, event, values))
        return Worded(ours.title.filled(values), ours.body.filled(values), note)

    def _read(self, kind: str, event: str, channel: str, language: str) -> _Words | None:
        row = self._rows.get((kind, event, channel, language))
        row = row or self._rows.get((kind, "", channel, language))
        if row is None or not (row.body or row.subject):
            return None
        ours = _product(kind, event, language)
        try:
            return _Words(
                wording.read(row.subject) if row.subject else ours.title,
                wording.read(row.body) if row.body else ours.body,
            )
        except wording.Broken:
            return _Words(ours.title, wording.Pattern(frozenset({"…"}), ""))


def values_of(
    kind: str, event: str, context: Mapping[str, Any], *, language: str
) -> dict[str, str]:
    """Every placeholder of the event as people read it in `language`."""
    zone = timezone.get_default_timezone()
    return {
        name: wording.shown(name, context.get(name), language=language, zone=zone)
        for name in kinds.event_of(kind, event).placeholders
    }


def _is_short(kind: str, event: str, values: Mapping[str, str]) -> bool:
    """Whether a value is missing for which the product has other words."""
    name, _words = WITHOUT.get((kind, event), ("", None))
    return values.get(name) == wording.MISSING


@lru_cache(maxsize=512)
def _product(kind: str, event: str, language: str, is_short: bool = False) -> _Words:
    title, body = WITHOUT[kind, event][1] if is_short else WORDINGS[kind, event]
    with translation.override(language):
        return _Words(wording.read(str(title)), wording.read(str(body)))
