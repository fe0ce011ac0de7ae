"""What a merchant's wording may say: checked when it is saved, and shown before it is sent."""

from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications import exceptions
from notifications.models import MessageTemplate
from notifications.policies import kinds, provider, wording
from notifications.services import templates
from notifications.services.templates import Worded

# What a preview is filled with, in the reader's language.
SAMPLES: dict[str, Any] = {
    "balance": 3680,
    "before": _("Silver"),
    "carrier": _("SF Express"),
    "code": "…4821",
    "count": 1,
    "day": "2026-12-20",
    "days": 30,
    "details": "800 · 2026-12-20; 400 · 2026-12-31",
    "grace": 7,
    "level": _("Gold"),
    "missing": 320,
    "name": _("¥10 off"),
    "number": "R2026112200017",
    "person": _("L***"),
    "points": 1200,
    "reason": _("returned goods"),
    "result": _("second prize: a cup"),
    "reward": _("Porcelain cup"),
    "source": _("purchase"),
    "stays": 2480,
    "store": _("Riverside store"),
    "text": _("From next month, points can also be used for free delivery."),
    "title": _("More to spend points on"),
    "until": "2027-06-30",
    "waybill": "SF1234567890",
    "yuan": "12.00",
}


def check(
    *, kind: str, event: str, channel: str, body: str, subject: str, provider_template: str
) -> None:
    """Refuse a wording that could not be sent.

    Raises `EventUnknown`, `WordingBroken` for a brace that names nothing, `PlaceholderUnknown` for
    a value that the event (with none named: that not every event of the kind) has, and
    `ProviderTemplateInvalid`. The refusal's `field` is the input that is wrong.
    """
    if kind not in kinds.KINDS or (event and event not in kinds.KINDS[kind].events):
        raise exceptions.EventUnknown(event=event or kind)
    allowed = kinds.placeholders(kind, event)
    for field, text in (("subject", subject), ("body", body)):
        _check_text(field, text, allowed)
    if provider_template:
        _check_provider(provider_template, channel, allowed)


def preview(
    *, kind: str, event: str, channel: str, language: str, body: str = "", subject: str = ""
) -> Worded:
    """How the wording reads with sample values; empty parts are the product's own. No query.

    Raises as `check`.
    """
    check(kind=kind, event=event, channel=channel, body=body, subject=subject, provider_template="")
    row = MessageTemplate(
        kind=kind, event=event, channel=channel, language=language, body=body, subject=subject
    )
    shown = event if event in kinds.KINDS[kind].events else next(iter(kinds.KINDS[kind].events))
    values = samples(kind, shown, language=language)
    return templates.Wordings.of([row]).worded(
        values,
        kind=kind,
        event=shown,
        channel=channel,
        language=language,
        given=values.keys(),
    )


def samples(kind: str, event: str, *, language: str) -> dict[str, str]:
    """A value for each placeholder of the event, as people read it in `language`."""
    context = sample_context(kind, event, language=language)
    return templates.values_of(kind, event, context, language=language)


def sample_context(kind: str, event: str, *, language: str) -> dict[str, Any]:
    """The same as a caller would give it."""
    with translation.override(language):
        return {
            name: str(value) if isinstance(value := SAMPLES[name], Promise) else value
            for name in sorted(kinds.event_of(kind, event).placeholders)
        }


def _check_text(field: str, text: str, allowed: frozenset[str]) -> None:
    try:
        names = wording.read(text).names
    except wording.Broken as broken:
        raise exceptions.WordingBroken(field=field, excerpt=broken.excerpt) from None
    _check_names(field, names, allowed)


def _check_provider(text: str, channel: str, allowed: frozenset[str]) -> None:
    field = "provider_template"
    if channel not in (kinds.SMS, kinds.WECHAT):
        raise exceptions.ProviderTemplateInvalid(field=field, excerpt=text[:40])
    try:
        found = provider.read(text, has_fields=channel == kinds.WECHAT)
    except wording.Broken as broken:
        raise exceptions.ProviderTemplateInvalid(field=field, excerpt=broken.excerpt) from None
    _check_names(field, found.names, allowed)


def _check_names(field: str, names: frozenset[str], allowed: frozenset[str]) -> None:
    for name in sorted(names - allowed):
        raise exceptions.PlaceholderUnknown(
            field=field, name=name, names=", ".join(f"{{{one}}}" for one in sorted(allowed))
        )
