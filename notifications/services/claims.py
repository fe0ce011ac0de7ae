"""Taking messages out of the outbox, and noting what became of them: by few statements for many.

The order of the notes is what keeps a message from being doubled: `take` commits that a sweep has
it, `hand_over` commits that the gateway is about to be asked, `end` that it has answered. Whoever
finds a message that was handed over and has no end knows that it may have left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from notifications.models import Message
from notifications.policies import LEASE
from notifications.services import rows

State = Message.State

_ENDS = rows.Target(
    Message,
    (
        "id",
        "attempts",
        "state",
        "due_at",
        "handed_at",
        "result",
        "error_code",
        "provider_id",
        "finished_at",
    ),
)
_HANDED = rows.Target(Message, ("id", "attempts", "handed_at"))
# Only the sweep that still holds a message may say anything of it.
_IS_HELD = "t.state = 'sending' AND t.attempts = "


@dataclass(frozen=True, slots=True)
class End:
    """What became of a message, or when it is looked at again.

    `counts` is False where nothing was tried; `keeps_handed` where it still may have left.
    """

    message: Message
    state: Message.State
    due_at: datetime | None = None
    result: str = ""
    error_code: str = ""
    provider_id: str = ""
    counts: bool = True
    keeps_handed: bool = False


def take(*, channel: str, now: datetime, size: int, is_urgent: bool | None) -> list[Message]:
    """Take up to `size` due messages for two minutes; other sweeps pass over them.

    Urgent ones only, or (None) whatever is due. The attempt counts from here.
    """
    due = Message.objects.due(now).filter(channel=channel)
    if is_urgent is not None:
        due = due.filter(is_urgent=is_urgent)
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        batch = list(due.order_by("due_at", "pk")[:size])
        Message.objects.filter(pk__in=[message.pk for message in batch]).update(
            state=State.SENDING, due_at=now + LEASE, attempts=F("attempts") + 1
        )
    for message in batch:
        message.attempts += 1
    return batch


def hand_over(messages: Sequence[Message], *, now: datetime) -> list[Message]:
    """Note, committed, that the gateway is about to be asked; those that are still held."""
    given = [(message.pk, message.attempts, now) for message in messages]
    held = {pk for (pk,) in rows.update(_HANDED, given, guard=_held())}
    return [message for message in messages if message.pk in held]


def end(ends: Sequence[End], *, now: datetime) -> None:
    """Note the ends of messages that are still held. Secrets are wiped with it, in one go."""
    with transaction.atomic():
        _lock([one.message.pk for one in ends])
        for window in rows.chunks(ends):
            for counts in (True, False):
                some = [_row(one, now=now) for one in window if one.counts is counts]
                rows.update(_ENDS, some, guard=_held(gives_back=not counts))
        secret = [one.message for one in ends if one.message.is_secret and _is_over(one)]
        for message in secret:
            Message.objects.filter(pk=message.pk, attempts=message.attempts).update(
                body="", context={}, to=message.masked_to
            )


def _lock(ids: list[int]) -> None:
    """In the order of their ids, which a statement for many rows by itself does not keep."""
    if connection.features.has_select_for_update and len(ids) > 1:
        rows_ = Message.objects.filter(pk__in=ids).order_by("pk").select_for_update()
        list(rows_.values_list("pk"))


def _held(*, gives_back: bool = False) -> str:
    """That the row is still as this sweep took it; with an attempt given back, one below."""
    column = "g.c2" if connection.vendor == "postgresql" else "json_extract(g.value, '$[1]')"
    return f"{_IS_HELD}{column}{' + 1' if gives_back else ''}"


def _is_over(one: End) -> bool:
    return one.state not in Message.UNDELIVERED


def _row(one: End, *, now: datetime) -> tuple[object, ...]:
    message = one.message
    return (
        message.pk,
        message.attempts if one.counts else message.attempts - 1,
        one.state.value,
        one.due_at or message.due_at,
        message.handed_at if one.keeps_handed or _is_over(one) else None,
        one.result[:200],
        # What the wording had to say of itself stays, unless the provider has something.
        (one.error_code or message.error_code)[:60],
        one.provider_id[:100],
        now if _is_over(one) else None,
    )
