"""Facts of the apps below that become messages. Receivers write rows only."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from members.policies.traces import Traces
from members.signals import member_erased, sign_in_code_issued
from notifications.models import Message
from notifications.services import forgetting, outbox, templates


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


@receiver(member_erased, dispatch_uid="notifications.forget_person")
def forget_person(*, at: datetime, traces: Traces, **_kwargs: Any) -> None:
    forgetting.forget_person(phones=traces.phones, at=at)
