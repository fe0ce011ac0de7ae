"""Sending what the outbox holds."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from notifications import exceptions, policies
from notifications.models import Message
from notifications.models.message import MessageQuerySet
from notifications.services import gateways

logger = logging.getLogger(__name__)

_BATCH = 100


@dataclass(slots=True)
class Delivered:
    """How a sweep ended, in messages."""

    sent: int = 0
    failed: int = 0
    lapsed: int = 0
    postponed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.failed + self.lapsed + self.postponed


def deliver_due(*, now: datetime, limit: int = 1000) -> Delivered:
    """Send up to `limit` messages that are due, in batches.

    Safe beside other sweeps: a message is taken for two minutes under its row's lock, sent
    outside of any transaction, and its end is noted only by the one who still holds it. A sweep
    that dies gives its messages back when those minutes are over.
    """
    outcome = Delivered()
    while outcome.total < limit:
        batch = _take(now=now, size=min(_BATCH, limit - outcome.total))
        lease_ends = time.monotonic() + policies.LEASE.total_seconds() / 2
        for message in batch:
            if time.monotonic() > lease_ends:
                # A gateway that hangs: another sweep may hold the rest before we get there.
                return outcome
            _deliver(message, now=now, outcome=outcome)
        if not batch:
            break
    return outcome


def _take(*, now: datetime, size: int) -> list[Message]:
    with transaction.atomic():
        due = Message.objects.due(now)
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        batch = list(due.order_by("due_at", "pk")[:size])
        Message.objects.filter(pk__in=[message.pk for message in batch]).update(
            state=Message.State.SENDING,
            due_at=now + policies.LEASE,
            attempts=F("attempts") + 1,
        )
    for message in batch:
        message.attempts += 1
    return batch


def _deliver(message: Message, *, now: datetime, outcome: Delivered) -> None:
    if message.lapses_at is not None and message.lapses_at <= now:
        _finish(message, state=Message.State.LAPSED, result="", now=now)
        outcome.lapsed += 1
        return
    try:
        result = gateways.chosen(message.channel)(message)
    except exceptions.DeliveryFailed as failure:
        _fail(message, failure=failure, now=now, outcome=outcome)
    except Exception as error:  # one broken message must not stop the others
        logger.exception("gateway of message %s broke", message.pk)
        broken = exceptions.DeliveryFailed(reason=type(error).__name__)
        _fail(message, failure=broken, now=now, outcome=outcome)
    else:
        _finish(message, state=Message.State.SENT, result=result, now=now)
        outcome.sent += 1


def _fail(
    message: Message, *, failure: exceptions.DeliveryFailed, now: datetime, outcome: Delivered
) -> None:
    reason = str(failure.params["reason"])
    wait = None if failure.is_final else policies.wait_before_retry(message.attempts)
    if wait is None:
        _finish(message, state=Message.State.FAILED, result=reason, now=now)
        outcome.failed += 1
        return
    _held(message).update(state=Message.State.WAITING, due_at=now + wait, result=reason[:200])
    outcome.postponed += 1


def _finish(message: Message, *, state: Message.State, result: str, now: datetime) -> None:
    wiped = {"body": "", "context": {}, "to": message.masked_to} if message.is_secret else {}
    _held(message).update(state=state, result=result[:200], finished_at=now, **wiped)


def _held(message: Message) -> MessageQuerySet:
    return Message.objects.filter(
        pk=message.pk, state=Message.State.SENDING, attempts=message.attempts
    )
