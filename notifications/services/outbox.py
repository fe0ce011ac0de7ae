"""Putting messages into the outbox."""

from datetime import datetime
from typing import Any

from notifications.models import Message
from notifications.services import templates

# Stands for a recipient that was forgotten.
LEFT = "—"


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
