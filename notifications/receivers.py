"""Facts of the apps below that become messages. Receivers write rows only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from members.models import Ticket, TicketMessage
from members.policies.traces import Traces
from members.signals import (
    member_erased,
    members_merged,
    members_registered,
    sign_in_code_issued,
    ticket_answered,
)
from notifications.models import Message
from notifications.services import forgetting, keeping, notices, outbox, templates


@receiver(sign_in_code_issued, dispatch_uid="notifications.send_sign_in_code")
def send_sign_in_code(
    *, phone: str, code: str, language: str, at: datetime, expires_at: datetime, **_kwargs: Any
) -> None:
    outbox.put(
        channel=Message.Channel.SMS,
        to=phone,
        template=templates.SIGN_IN_CODE,
        language=language,
        context={"code": code, "minutes": (expires_at - at) // timedelta(minutes=1)},
        at=at,
        lapses_at=expires_at,
        is_secret=True,
    )


@receiver(members_registered, dispatch_uid="notifications.welcome")
def welcome(member_ids: Sequence[int], at: datetime, are_new: bool = True, **_kwargs: Any) -> None:
    if are_new:
        notices.welcome(member_ids, at=at)


@receiver(ticket_answered, dispatch_uid="notifications.tell_answer")
def tell_answer(ticket: Ticket, message: TicketMessage, at: datetime, **_kwargs: Any) -> None:
    notices.answered(ticket, message, at=at)


@receiver(members_merged, dispatch_uid="notifications.move_notices")
def move_notices(kept_id: int, gone_id: int, **_kwargs: Any) -> None:
    keeping.merge(kept_id=kept_id, gone_id=gone_id)


@receiver(member_erased, dispatch_uid="notifications.forget_person")
def forget_person(*, member_id: int, at: datetime, traces: Traces, **_kwargs: Any) -> None:
    forgetting.forget_person(phones=traces.phones, at=at)
    keeping.erase(member_id=member_id, at=at)
