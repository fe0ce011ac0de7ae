"""The jobs of the outbox, by the clock."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from notifications import tasks
from notifications.models import Message
from notifications.services import outbox, telling, templates
from notifications.services.telling import Fact
from tests import cast
from tests.notifications.test_delivery import lines
from tests.notifications.test_telling import EXPIRING, FILE, with_email

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_each_job_sends_what_is_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.SMS_GATEWAY = settings.EMAIL_GATEWAY = settings.WECHAT_MESSAGE_GATEWAY = FILE
    settings.SMS_FILE = tmp_path / "sms.log"
    lin = cast.member()
    with_email(lin)
    with time_machine.travel(NOON, tick=False):
        telling.tell([Fact(lin.pk, "points_expiring", "e:1", EXPIRING)], at=timezone.now())
        outbox.put(
            channel="sms",
            to="+8613800138000",
            template=templates.SIGN_IN_CODE,
            language="zh-hans",
            context={"code": "012345", "minutes": 5},
            at=timezone.now(),
            is_secret=True,
        )
        left = []
        for job in (
            tasks.deliver_due,
            tasks.deliver_email,
            tasks.deliver_wechat,
            tasks.deliver_sms,
        ):
            job()
            left.append(Message.objects.filter(state="waiting").count())
    assert left == [2, 1, 1, 0]
    sms = [line["template"] for line in lines(tmp_path / "sms.log")]
    mail = [line["subject"] for line in lines(tmp_path / "email.log")]
    assert sms == ["sign_in_code", "points_expiring"]
    assert len(mail) == 1
