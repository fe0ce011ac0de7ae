"""Facts of the apps below that become messages. Receivers write rows only."""

from datetime import datetime, timedelta
from typing import Any

from django.dispatch import receiver

from members.signals import sign_in_code_issued
from notifications.models import Message
from notifications.services import outbox, templates


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
