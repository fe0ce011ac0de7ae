"""The outbox in the overview and for monitors."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import Message
from notifications.selectors import health

pytestmark = pytest.mark.django_db


def waiting(*, since: timedelta) -> Message:
    due_at = timezone.now() - since
    return Message.objects.create(
        channel=Message.Channel.SMS,
        to="+8613800138000",
        template="notice",
        language="zh-hans",
        created_at=due_at,
        due_at=due_at,
    )


def test_an_empty_outbox_is_well() -> None:
    found = health.of_outbox(timezone.now())
    assert (found.is_well, found.is_alarm) == (True, False)
    assert found.detail == {"waiting": 0, "failed": 0, "oldest_seconds": 0, "resting": []}


def test_a_message_that_does_not_leave_is_an_alarm() -> None:
    found = health.of_outbox(waiting(since=timedelta()).due_at + timedelta(minutes=11))
    assert (found.is_well, found.is_alarm) == (False, True)
    assert found.detail["waiting"] == 1
    assert found.detail["oldest_seconds"] == 660


def test_a_message_on_its_way_is_none() -> None:
    waiting(since=timedelta(seconds=30))
    found = health.of_outbox(timezone.now())
    assert (found.is_well, found.is_alarm, found.detail["waiting"]) == (True, False, 1)
