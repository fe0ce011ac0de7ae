"""Sending a wording to oneself before members get it."""

from datetime import datetime

from django.db import transaction

from members.exceptions import PhoneInvalid
from members.models import CodeAllowance
from members.services import codes
from notifications import exceptions
from notifications.models import Message, MessageTemplate
from notifications.services import mailbox, outbox

TRIALS_PER_PERSON_AND_HOUR = 20
_HOUR = 3600


def send(*, template: MessageTemplate, to: str, staff_id: int | None, at: datetime) -> Message:
    """Send the saved wording with sample values to a number or an address.

    Raises `TrialsUsed` beyond twenty an hour for one person, `TrialNotPossible` for a channel
    that has no address of its own, and what the address or the wording is refused for.
    """
    address = _checked(template.channel, to)
    with transaction.atomic():
        is_allowed = CodeAllowance.objects.take(
            scope=CodeAllowance.Scope.TEST_SEND,
            key=str(staff_id),
            window=int(at.timestamp()) // _HOUR,
            limit=TRIALS_PER_PERSON_AND_HOUR,
            at=at,
        )
        if not is_allowed:
            raise exceptions.TrialsUsed
        return outbox.put_trial(
            kind=template.kind,
            event=template.event,
            channel=template.channel,
            language=template.language,
            to=address,
            body=template.body,
            subject=template.subject,
            at=at,
        )


def _checked(channel: str, to: str) -> str:
    if channel == Message.Channel.SMS:
        try:
            return codes.checked_phone(to)
        except PhoneInvalid as refusal:
            refusal.field = "to"
            raise
    if channel == Message.Channel.EMAIL:
        try:
            return mailbox.checked(to)
        except exceptions.EmailInvalid as refusal:
            refusal.field = "to"
            raise
    raise exceptions.TrialNotPossible
