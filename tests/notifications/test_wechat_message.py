"""Subscription messages of WeChat, against a server that keeps its protocol, and breaks it."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django.fixtures import Settings

from members.models import WechatIdentity
from notifications import exceptions
from notifications.models import Message, MessageTemplate, WechatGrant
from notifications.services import delivery, telling, wechat_message
from notifications.services.telling import Fact
from tests import cast

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
APP = "wx-of-the-test"
CONTEXT = {"points": 1200, "day": "2026-04-01", "details": "1,200 于 04-01", "stays": 0}

pytestmark = pytest.mark.django_db


class WeChat:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.tokens = 0
        self.good_token = "token-1"
        self.errcode, self.status, self.raw = 0, 200, b""
        self.is_hanging, self.released = False, threading.Event()

    def token(self) -> dict[str, Any]:
        self.tokens += 1
        return {"access_token": f"token-{self.tokens}", "expires_in": 7200}

    def take(self, query: dict[str, list[str]], content: dict[str, Any]) -> dict[str, Any]:
        if query["access_token"] != [self.good_token]:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        self.asked.append(content)
        return {"errcode": self.errcode, "errmsg": "in words", "msgid": 88}


@pytest.fixture
def they(settings: Settings) -> Iterator[WeChat]:
    stand_in = WeChat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            address = urlsplit(self.path)
            if address.path == "/cgi-bin/stable_token":
                answer = stand_in.token()
            else:
                assert address.path == "/cgi-bin/message/subscribe/send"
                answer = stand_in.take(parse_qs(address.query), content)
                if stand_in.is_hanging:
                    stand_in.released.wait(30)
            raw = json.dumps(answer).encode()
            if stand_in.raw and address.path != "/cgi-bin/stable_token":
                raw = stand_in.raw
            self.send_response(stand_in.status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.WECHAT_MESSAGE_GATEWAY = "notifications.services.wechat_message.send"
        settings.WECHAT_CLIENT = "members.services.wechat_client.HttpClient"
        settings.WECHAT_API_BASE = f"http://127.0.0.1:{server.server_address[1]}"
        settings.WECHAT_APP_ID, settings.WECHAT_APP_SECRET = APP, "secret"
        settings.WECHAT_MESSAGE_PAGE = "pages/web/index"
        try:
            yield stand_in
        finally:
            stand_in.released.set()
            server.shutdown()
            thread.join()


def told(reference: str = "e:1", *, left: int = 1) -> Message:
    """A member who allowed messages, and one that waits for them."""
    MessageTemplate.objects.update_or_create(
        kind="points_expiring",
        channel="wechat",
        language="zh-hans",
        defaults={
            "provider_template": "TPL-1:number1=points+date2=day+thing3=details",
            "updated_at": NOON,
        },
    )
    lin = cast.member()
    WechatIdentity.objects.create(member=lin, app_id=APP, openid="o-lin", bound_at=NOON)
    WechatGrant.objects.create(member=lin, kind="points_expiring", left=left)
    telling.tell(
        [Fact(lin.pk, "points_expiring", reference, CONTEXT, link="/mall/?sort=price")], at=NOON
    )
    return Message.objects.get(channel="wechat")


def sweep() -> delivery.Delivered:
    return delivery.deliver_due(now=NOON, channels=["wechat"])


def left() -> int:
    return WechatGrant.objects.get().left


def test_message_carries_the_fields_of_its_template(they: WeChat) -> None:
    row = told(left=2)
    assert sweep().sent == 1
    assert they.asked == [
        {
            "touser": "o-lin",
            "template_id": "TPL-1",
            "lang": "zh_CN",
            "page": "pages/web/index?link=%2Fmall%2F%3Fsort%3Dprice",
            "data": {
                "number1": {"value": "1200"},
                "date2": {"value": "2026年4月1日"},
                "thing3": {"value": "1,200 于 04-01"},
            },
        }
    ]
    row.refresh_from_db()
    assert (row.state, row.provider_id) == ("sent", "88")
    assert left() == 1


def test_without_a_template_nothing_is_written(they: WeChat) -> None:
    lin = cast.member()
    WechatIdentity.objects.create(member=lin, app_id=APP, openid="o-lin", bound_at=NOON)
    WechatGrant.objects.create(member=lin, kind="points_expiring", left=1)
    telling.tell([Fact(lin.pk, "points_expiring", "e:1", CONTEXT)], at=NOON)
    assert not Message.objects.filter(channel="wechat").exists()


def test_stale_token_is_renewed_once(they: WeChat) -> None:
    they.good_token = "token-2"
    told()
    assert sweep().sent == 1
    assert they.tokens == 2
    they.good_token = "token-never"
    Message.objects.update(state="waiting", attempts=0, due_at=NOON, handed_at=None)
    assert sweep().postponed == 1
    row = Message.objects.get(channel="wechat")
    assert (row.state, row.error_code) == ("waiting", "40001")


def test_member_who_refuses_is_not_asked_again(they: WeChat) -> None:
    row = told(left=3)
    they.errcode = 43101
    assert sweep().failed == 1
    row.refresh_from_db()
    assert (row.state, row.error_code, left()) == ("failed", "43101", 0)


@pytest.mark.parametrize(
    ("errcode", "is_final"), [(47003, True), (40003, True), (40037, False), (-1, False)]
)
def test_refusals_are_sorted(they: WeChat, errcode: int, is_final: bool) -> None:
    told()
    they.errcode = errcode
    outcome = sweep()
    assert (outcome.failed, outcome.postponed) == ((1, 0) if is_final else (0, 1))
    assert left() == 1


def test_value_that_fits_in_no_field_is_told_before_wechat_is_asked(they: WeChat) -> None:
    row = told()
    Message.objects.filter(pk=row.pk).update(context={"points": "viele", "day": "2026-04-01"})
    assert sweep().failed == 1
    row.refresh_from_db()
    assert (row.error_code, they.asked) == ("field", [])


@pytest.mark.parametrize("raw", [b"<html>", b"[]", b"\xff\xfe"])
def test_garbled_answer_is_uncertain(they: WeChat, raw: bytes) -> None:
    told()
    they.raw = raw
    assert sweep().uncertain == 1


def test_hanging_server_is_given_up(they: WeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    told()
    they.is_hanging = True
    began = time.monotonic()
    assert sweep().uncertain == 1
    assert time.monotonic() - began < 6


def test_nobody_listens(they: WeChat, settings: Settings) -> None:
    told()
    settings.WECHAT_API_BASE = "http://127.0.0.1:9"
    assert sweep().postponed == 1
    row = Message.objects.get(channel="wechat")
    assert (row.state, row.handed_at) == ("waiting", None)


def test_no_access_token_is_an_outage(they: WeChat, settings: Settings) -> None:
    row = told()
    row.provider_template = "TPL-1:number1=points"
    settings.WECHAT_CLIENT = ""
    with pytest.raises(exceptions.DeliveryFailed) as refusal:
        wechat_message.send(row)
    assert refusal.value.is_outage
