import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from members.services import codes
from notifications import policies
from notifications.exceptions import DeliveryFailed
from notifications.models import Message
from notifications.services import delivery, outbox, templates
from tests.racing import succeeded, together

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def refusing_gateway(message: Message) -> str:
    raise DeliveryFailed(reason="number unreachable", is_final=True)


def busy_gateway(message: Message) -> str:
    raise DeliveryFailed(reason="busy")


def broken_gateway(message: Message) -> str:
    raise ZeroDivisionError


@pytest.fixture
def sms_file(settings: Settings, tmp_path: Path) -> Path:
    settings.SMS_GATEWAY = "notifications.services.gateways.file"
    settings.SMS_FILE = tmp_path / "outbox" / "sms.log"
    return tmp_path / "outbox" / "sms.log"


def put(number: int = 0, **values: Any) -> Message:
    return outbox.put(
        **{
            "channel": "sms",
            "to": f"+8613800138{number:03}",
            "template": templates.SIGN_IN_CODE,
            "language": "zh-hans",
            "context": {"code": "123456", "minutes": 5},
            "at": NOON,
            **values,
        }
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.django_db
def test_code_reaches_the_phone_and_leaves_no_trace(sms_file: Path) -> None:
    codes.request_code(phone="13800138000", ip="", language="zh-hans", at=NOON)
    assert delivery.deliver_due(now=NOON).sent == 1
    (line,) = lines(sms_file)
    assert line["to"] == "+8613800138000"
    assert line["context"]["code"] in line["body"]
    assert line["body"].startswith("您的登录验证码为")
    row = Message.objects.get()
    assert (row.state, row.body, row.context, row.to) == ("sent", "", {}, "…00")


@pytest.mark.django_db
def test_message_speaks_the_language_of_its_reader() -> None:
    assert put(language="en").body.startswith("123456 is your sign-in code")
    assert put(language="xx").body.startswith("您的登录验证码为 123456")


@pytest.mark.django_db
def test_not_before_it_is_due(sms_file: Path) -> None:
    put(due_at=NOON + timedelta(hours=1))
    assert delivery.deliver_due(now=NOON).total == 0
    assert delivery.deliver_due(now=NOON + timedelta(hours=1)).sent == 1


@pytest.mark.django_db
def test_not_after_it_lapsed(sms_file: Path) -> None:
    put(lapses_at=NOON + timedelta(minutes=5), is_secret=True)
    assert delivery.deliver_due(now=NOON + timedelta(minutes=5)).lapsed == 1
    row = Message.objects.get()
    assert (row.state, row.body, row.context) == ("lapsed", "", {})
    assert not sms_file.exists()


@pytest.mark.django_db
def test_final_refusal_is_not_tried_again(settings: Settings) -> None:
    settings.SMS_GATEWAY = f"{__name__}.refusing_gateway"
    put()
    assert delivery.deliver_due(now=NOON).failed == 1
    row = Message.objects.get()
    assert (row.state, row.result, row.attempts) == ("failed", "number unreachable", 1)


@pytest.mark.django_db
def test_passing_trouble_is_tried_again_until_it_is_enough(settings: Settings) -> None:
    settings.SMS_GATEWAY = f"{__name__}.busy_gateway"
    put()
    at = NOON
    for attempt in range(1, policies.ATTEMPTS_MAX):
        assert delivery.deliver_due(now=at).postponed == 1
        wait = policies.wait_before_retry(attempt)
        assert wait is not None
        due_at = Message.objects.get().due_at
        assert at + wait <= due_at <= at + 1.25 * wait
        assert delivery.deliver_due(now=due_at - timedelta(seconds=1)).total == 0
        at = due_at
    assert delivery.deliver_due(now=at).failed == 1


@pytest.mark.django_db
def test_broken_gateway_stops_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.SMS_GATEWAY = f"{__name__}.broken_gateway"
    put()
    put()
    assert delivery.deliver_due(now=NOON).uncertain == 2
    assert {row.result for row in Message.objects.all()} == {"ZeroDivisionError"}
    assert "123456" not in caplog.text


@pytest.mark.django_db
def test_dead_workers_messages_come_back(sms_file: Path) -> None:
    """Taken, and then the worker died: after the lease another one sends it."""
    put()
    Message.objects.update(state="sending", attempts=1, due_at=NOON + policies.LEASE)
    assert delivery.deliver_due(now=NOON).total == 0
    assert delivery.deliver_due(now=NOON + policies.LEASE).sent == 1


@pytest.mark.django_db
def test_limit_is_kept(sms_file: Path) -> None:
    for number in range(5):
        put(number)
    assert delivery.deliver_due(now=NOON, limit=3).sent == 3
    assert delivery.deliver_due(now=NOON).sent == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_sweeps_beside_each_other_send_once(sms_file: Path) -> None:
    for number in range(300):
        put(number)
    answers = succeeded(together(8, lambda _n: delivery.deliver_due(now=NOON).sent))
    assert sum(answers) == 300
    assert len({line["id"] for line in lines(sms_file)}) == len(lines(sms_file)) == 300


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 30), (3, 120), (4, 600), (5, 3600), (6, None)]
)
def test_wait_before_retry(attempts: int, seconds: int | None) -> None:
    wait = policies.wait_before_retry(attempts)
    assert (wait.total_seconds() if wait is not None else None) == seconds
