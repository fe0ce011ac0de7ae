"""Aliyun's reports of what arrived."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from notifications.models import Message
from notifications.services import receipts

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ADDRESS = "/hooks/sms/s3cret"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.SMS_REPORT_SECRET = "s3cret"


def sent(**values: Any) -> Message:
    return Message.objects.create(
        **{
            "channel": "sms",
            "to": "+8613800138000",
            "template": "ticket.answered",
            "language": "zh-hans",
            "state": "sent",
            "provider_id": "biz^1",
            "handed_at": NOON,
            "due_at": NOON,
            "created_at": NOON,
            **values,
        }
    )


def report(**values: Any) -> dict[str, Any]:
    """As on Aliyun's page about `SmsReport`."""
    return {
        "phone_number": "13800138000",
        "send_time": "2026-03-02 12:00:00",
        "report_time": "2026-03-02 12:00:07",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "biz^1",
        "out_id": "0",
        **values,
    }


def post(content: Any, address: str = ADDRESS) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Client().post(address, raw, content_type="application/json")


def test_arrival_is_noted_once() -> None:
    row = sent()
    for _time in range(2):
        answer = post([report()])
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "OK"})
        row.refresh_from_db()
        assert (row.receipt, row.receipt_code) == ("delivered", "DELIVERED")
        assert row.receipt_at == datetime(2026, 3, 2, 4, 0, 7, tzinfo=UTC)
    post([report(success=False, err_code="MK:0001")])
    row.refresh_from_db()
    assert row.receipt == "delivered"


def test_what_did_not_arrive_says_why() -> None:
    row = sent()
    post([report(success=False, err_code="MK:0001")])
    row.refresh_from_db()
    assert (row.receipt, row.receipt_code, row.state) == ("refused", "MK:0001", "sent")


def test_our_own_number_finds_what_was_uncertain() -> None:
    row = sent(state="uncertain", provider_id="")
    post([report(biz_id="biz^9", out_id=str(row.pk))])
    row.refresh_from_db()
    assert (row.state, row.receipt) == ("sent", "delivered")


def test_unknown_numbers_and_nonsense_change_nothing() -> None:
    row = sent()
    other = sent(channel="email", provider_id="biz^2")
    entries = [
        report(biz_id="biz^9", out_id=str(row.pk)),  # another installation's number
        report(biz_id="biz^2"),
        report(biz_id=None, out_id="9" * 40),
        report(biz_id={}, out_id="²"),
        {},
        7,
        "text",
        None,
    ]
    assert post(entries).status_code == 200
    assert set(Message.objects.values_list("receipt", flat=True)) == {""}
    assert other.pk != row.pk
    post([report(report_time="soon")])
    row.refresh_from_db()
    assert row.receipt_at is not None


@pytest.mark.parametrize("raw", [b"", b"{}", b"nonsense", b"7", b"[" * 100_000, b"\xff"])
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    assert post(raw).status_code == 400


def test_only_who_knows_the_secret_may_report(settings: Settings) -> None:
    row = sent()
    assert post([report()], "/hooks/sms/wrong").status_code == 404
    assert post([report()], "/hooks/sms/秘密").status_code == 404
    assert Client().get(ADDRESS).status_code == 405
    settings.SMS_REPORT_SECRET = ""
    assert post([report()]).status_code == 404
    row.refresh_from_db()
    assert row.receipt == ""


@pytest.mark.parametrize("number", [1, 3])
def test_one_report_and_three_take_the_same_statements(number: int) -> None:
    reports = []
    for at in range(number):
        sent(provider_id=f"biz^{at}")
        reports.append(report(biz_id=f"biz^{at}", out_id="987654321"))
    found = receipts.sms_reports(reports, at=NOON)
    with CaptureQueriesContext(connection) as queries:
        assert receipts.note(found) == number
    assert len([one for one in queries if "SAVEPOINT" not in one["sql"]]) == 4
