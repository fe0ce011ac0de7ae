"""Putting messages into the outbox, and giving them another try."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from notifications import exceptions
from notifications.models import Message
from notifications.policies import kinds
from notifications.services import gateways, template_checks, templates

# Stands for a recipient that was forgotten.
LEFT = "—"
_AGAIN = timedelta(days=2)

State = Message.State


def put(
    *,
    channel: str,
    to: str,
    template: str,
    language: str,
    context: dict[str, Any],
    at: datetime,
    due_at: datetime | None = None,
    lapses_at: datetime | None = None,
    is_secret: bool = False,
) -> Message:
    """Write one message, to be sent when `due_at` (now, if None) has come.

    It commits or vanishes with the caller's transaction. It is not sent after `lapses_at`. A
    secret one is urgent: somebody waits for it.
    """
    return Message.objects.create(
        channel=Message.Channel(channel),
        to=to,
        template=template,
        language=language,
        context=context,
        body=templates.render(template=template, language=language, context=context),
        is_secret=is_secret,
        is_urgent=is_secret,
        due_at=due_at or at,
        lapses_at=lapses_at,
        created_at=at,
    )


def send_again(*, ids: Collection[int], at: datetime) -> int:
    """Give failed, lapsed and uncertain messages another try; returns how many have one now.

    Of an uncertain one the person may get a second copy: that is for whoever asks to weigh. Codes
    and forgotten messages are left as they are.
    """
    over = Message.objects.filter(
        pk__in=list(ids),
        state__in=(State.FAILED, State.UNCERTAIN, State.LAPSED),
        is_secret=False,
    ).exclude(to=LEFT)
    return over.update(
        state=State.WAITING,
        attempts=0,
        due_at=at,
        lapses_at=at + _AGAIN,
        handed_at=None,
        finished_at=None,
        error_code="",
        result="",
    )


def put_trial(
    *,
    kind: str,
    event: str,
    channel: str,
    language: str,
    to: str,
    body: str,
    subject: str,
    at: datetime,
) -> Message:
    """Write a message with sample values to `to`, to see how a wording arrives.

    It goes out at once, at any hour. Raises as `template_checks.check`, and `ChannelClosed` where
    no gateway is chosen.
    """
    if channel not in gateways.open_channels():
        raise exceptions.ChannelClosed
    shown = template_checks.preview(
        kind=kind, event=event, channel=channel, language=language, body=body, subject=subject
    )
    event = event if event in kinds.KINDS[kind].events else next(iter(kinds.KINDS[kind].events))
    return Message.objects.create(
        channel=Message.Channel(channel),
        to=to,
        template=templates.key_of(kind, event),
        language=language,
        context=template_checks.sample_context(kind, event, language=language),
        subject=shown.title[:120],
        body=shown.body,
        is_urgent=True,
        due_at=at,
        lapses_at=at + timedelta(hours=1),
        created_at=at,
    )
