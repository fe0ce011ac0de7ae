"""The moment and the messages of the tests about people."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from members.services import codes
from notifications.models import Message

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PHONE = "+8613800138000"


def ask(phone: str = PHONE, *, ip: str = "203.0.113.9", at: datetime = NOON) -> codes.CodeSent:
    return codes.request_code(phone=phone, ip=ip, language="zh-hans", at=at)


@pytest.fixture
def sent_code() -> Callable[[], str]:
    """The newest code in the outbox: where a real one leaves for the phone."""

    def _sent_code() -> str:
        code: str = Message.objects.latest("pk").context["code"]
        return code

    return _sent_code
