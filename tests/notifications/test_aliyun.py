"""SMS by Aliyun, against a server that computes the signature anew from what arrived."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from pytest_django.fixtures import Settings

from members.services import codes
from notifications import exceptions
from notifications.models import Message
from notifications.services import aliyun, delivery

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEY, SECRET = "key-of-the-test", "secret-of-the-test"


class Aliyun:
    """What `SendSms` was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.problems: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.is_query = False
        self.nonces: set[str] = set()
        self.code, self.status, self.raw = "OK", 200, b""
        self.is_hanging, self.released = False, threading.Event()

    def check(self, handler: BaseHTTPRequestHandler) -> None:
        """The published recipe, written down a second time."""
        headers = {name.lower(): value for name, value in handler.headers.items()}
        algorithm, _blank, rest = headers["authorization"].partition(" ")
        parts = dict(part.split("=", 1) for part in rest.split(","))
        address = urlsplit(handler.path)
        pairs = sorted(parse_qsl(address.query, keep_blank_values=True))
        query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
        canonical = f"{handler.command}\n{address.path}\n{query}\n"
        names = parts["SignedHeaders"].split(";")
        for name in names:
            canonical += f"{name}:{headers[name].strip()}\n"
        canonical += f"\n{parts['SignedHeaders']}\n{headers['x-acs-content-sha256']}"
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        right = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
        sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        body = handler.rfile.read(int(headers.get("content-length") or 0))
        nonce = headers["x-acs-signature-nonce"]
        wrong = {
            "algorithm": algorithm != "ACS3-HMAC-SHA256",
            "credential": parts["Credential"] != KEY,
            "signature": parts["Signature"] != right,
            "order": names != sorted(names),
            "headers": not {"host", "x-acs-action", "x-acs-date", "x-acs-version"} <= set(names),
            "digest": hashlib.sha256(body).hexdigest() != headers["x-acs-content-sha256"],
            "date": abs(datetime.now(UTC) - sent) > timedelta(minutes=15),
            "nonce": nonce in self.nonces,
            "action": headers["x-acs-action"] not in {"SendSms", "QuerySendDetails"}
            or headers["x-acs-version"] != "2017-05-25",
        }
        self.problems += [name for name, is_wrong in wrong.items() if is_wrong]
        self.nonces.add(nonce)
        self.is_query = headers["x-acs-action"] == "QuerySendDetails"
        (self.queries if self.is_query else self.asked).append(dict(pairs))

    def answer(self) -> bytes:
        content: dict[str, Any] = {"Code": self.code, "Message": "in words", "RequestId": "r"}
        if not self.is_query:
            content["BizId"] = "biz^0"
            return self.raw or json.dumps(content).encode()
        number = self.queries[-1]["PhoneNumber"]
        taken = [one for one in self.asked if one["PhoneNumbers"] == number]
        records = [{"OutId": one["OutId"], "SendStatus": 3} for one in taken]
        content |= {"Code": "OK", "SmsSendDetailDTOs": {"SmsSendDetailDTO": records}}
        return json.dumps(content).encode()


@contextmanager
def _running(they: Aliyun) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            they.check(self)
            if they.is_hanging and not they.is_query:
                they.released.wait(30)
            content = they.answer()
            self.send_response(they.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            they.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def they(settings: Settings) -> Iterator[Aliyun]:
    stand_in = Aliyun()
    with _running(stand_in) as address:
        settings.SMS_GATEWAY = "notifications.services.aliyun.send"
        settings.ALIYUN_SMS_ENDPOINT = address
        settings.ALIYUN_SMS_KEY_ID = KEY
        settings.ALIYUN_SMS_KEY_SECRET = SECRET
        settings.ALIYUN_SMS_SIGN_NAME = "聚点 + 咖啡"
        settings.ALIYUN_SMS_TEMPLATES = {
            "sign_in_code": "SMS_1:code",
            "sign_in_code.en": "SMS_2",
            "sign_in_code.abroad": "SMS_3:code+minutes",
        }
        yield stand_in


def message(phone: str = "+8613800138000", language: str = "zh-hans", **values: Any) -> Message:
    given: dict[str, Any] = {"context": {"code": "012345", "minutes": 5}}
    return Message(pk=7, to=phone, template="sign_in_code", language=language, **(given | values))


def test_signature_of_the_published_example() -> None:
    """The worked example on Aliyun's page about the V3 signature, with its own result."""
    query = aliyun.canonical_query(
        {
            "RegionId": "cn-shanghai",
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
        }
    )
    made = aliyun.authorization(
        method="POST",
        query=query,
        headers={
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": "2014-05-26",
        },
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
    )
    assert made == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_escapes_as_rfc_3986() -> None:
    assert aliyun.canonical_query({"b": "a b+c*~/é", "a": ""}) == "a=&b=a%20b%2Bc%2A~%2F%C3%A9"


def test_message_arrives_signed(they: Aliyun) -> None:
    assert aliyun.send(message()) == ("biz^0", "biz^0")
    assert they.problems == []
    assert they.asked == [
        {
            "PhoneNumbers": "13800138000",
            "SignName": "聚点 + 咖啡",
            "TemplateCode": "SMS_1",
            "TemplateParam": '{"code": "012345"}',
            "OutId": "7",
        }
    ]


@pytest.mark.parametrize(
    ("phone", "language", "number", "template", "values"),
    [
        ("+8613800138000", "en", "13800138000", "SMS_2", {"code": "012345", "minutes": "5"}),
        ("+85291234567", "zh-hans", "85291234567", "SMS_3", {"code": "012345", "minutes": "5"}),
        ("+447700900123", "en", "447700900123", "SMS_3", {"code": "012345", "minutes": "5"}),
    ],
)
def test_number_and_template(
    they: Aliyun, phone: str, language: str, number: str, template: str, values: dict[str, str]
) -> None:
    aliyun.send(message(phone, language))
    asked = they.asked[0]
    assert (asked["PhoneNumbers"], asked["TemplateCode"]) == (number, template)
    assert json.loads(asked["TemplateParam"]) == values
    assert they.problems == []


@pytest.mark.parametrize(
    ("code", "status", "is_final"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", 200, True),
        ("isv.TEMPLATE_MISSING_PARAMETERS", 200, True),
        ("isv.BLACK_KEY_CONTROL_LIMIT", 200, True),
        ("isv.BUSINESS_LIMIT_CONTROL", 200, False),
        ("isv.DAY_LIMIT_CONTROL", 200, False),
        ("isv.AMOUNT_NOT_ENOUGH", 200, False),
        ("isv.OUT_OF_SERVICE", 200, False),
        ("isp.SYSTEM_ERROR", 200, False),
        ("isp.RAM_PERMISSION_DENY", 200, False),
        ("Throttling.User", 400, False),
        ("SignatureDoesNotMatch", 400, False),
        ("InvalidAccessKeyId.NotFound", 404, False),
        ("ServiceUnavailable", 503, False),
    ],
)
def test_refusals_are_sorted(they: Aliyun, code: str, status: int, is_final: bool) -> None:
    they.code, they.status = code, status
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        aliyun.send(message())
    assert refusal.value.is_final is is_final
    assert code in str(refusal.value)


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"null", b'{"Code": 7}', b"{}"])
def test_answers_that_are_none(they: Aliyun, raw: bytes) -> None:
    they.raw = raw
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        aliyun.send(message())
    assert not refusal.value.is_final


def test_hanging_server_is_given_up(they: Aliyun) -> None:
    they.is_hanging = True
    began = time.monotonic()
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        aliyun.send(message())
    assert time.monotonic() - began < 6
    assert "138" not in str(refusal.value)


def test_nobody_listens(they: Aliyun, settings: Settings) -> None:
    settings.ALIYUN_SMS_ENDPOINT = "http://127.0.0.1:9"
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        aliyun.send(message())
    assert not refusal.value.is_final


@pytest.mark.parametrize("templates", [{}, {"sign_in_code": "SMS_1:shop"}])
def test_templates_that_do_not_fit(
    they: Aliyun, settings: Settings, templates: dict[str, str]
) -> None:
    settings.ALIYUN_SMS_TEMPLATES = templates
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        aliyun.send(message())
    assert not refusal.value.is_final
    assert they.asked == []


@pytest.mark.django_db
def test_code_goes_out_by_the_sweep(they: Aliyun) -> None:
    codes.request_code(phone="13800138000", ip="", language="zh-hans", at=NOON)
    assert delivery.deliver_due(now=NOON).sent == 1
    row = Message.objects.get()
    assert (row.state, row.result, row.body) == ("sent", "biz^0", "")
    assert they.asked[0]["OutId"] == str(row.pk)
    assert they.problems == []


@pytest.mark.django_db
def test_message_without_an_answer_is_looked_for_and_not_sent_again(they: Aliyun) -> None:
    rows = [
        Message.objects.create(
            channel="sms",
            to=f"+861380013800{number}",
            template="sign_in_code",
            language="zh-hans",
            context={"code": "012345", "minutes": 5},
            due_at=NOON,
            created_at=NOON,
        )
        for number in range(2)
    ]
    they.raw = b"<html>"
    assert delivery.deliver_due(now=NOON).postponed == 2
    states = set(Message.objects.values_list("state", "handed_at"))
    assert (states, len(they.asked)) == ({("sending", NOON)}, 2)
    # Of one, Aliyun has no record after all: that one is sent again.
    they.raw, they.asked = b"", they.asked[:1]
    later = NOON + timedelta(minutes=2)
    assert delivery.deliver_due(now=later).sent == 2
    assert they.queries[0] == {
        "PhoneNumber": "13800138000",
        "SendDate": "20260302",
        "PageSize": "50",
        "CurrentPage": "1",
    }
    assert [one["OutId"] for one in they.asked] == [str(row.pk) for row in rows]
    assert they.problems == []


@pytest.mark.django_db
def test_aliyun_that_cannot_be_asked_leaves_it_open(they: Aliyun, settings: Settings) -> None:
    row = message(state="sending", handed_at=NOON, due_at=NOON, created_at=NOON, channel="sms")
    row.save()
    settings.ALIYUN_SMS_ENDPOINT = "http://127.0.0.1:9"
    assert delivery.deliver_due(now=NOON).postponed == 1
    row.refresh_from_db()
    assert (row.state, row.handed_at) == ("sending", NOON)


def test_merchants_template_comes_before_the_operators(they: Aliyun, settings: Settings) -> None:
    settings.ALIYUN_SMS_TEMPLATES = {"points_expiring": "SMS_1"}
    row = message(context={"points": 1200, "day": "2026-12-31"})
    row.template = "points_expiring"
    row.provider_template = "SMS_9:sum=points+day"
    aliyun.send(row)
    assert they.asked[0]["TemplateCode"] == "SMS_9"
    assert json.loads(they.asked[0]["TemplateParam"]) == {"sum": "1200", "day": "2026-12-31"}
