from typing import Any

import pytest
from django.test import Client

from members.models import DeviceSession
from notifications.models import Message
from tests import cast

pytestmark = pytest.mark.django_db
JSON = "application/json"


def ask(client: Client, phone: str = "138 0013 8000") -> Any:
    return client.post("/api/v1/sign-in/codes", {"phone": phone}, JSON)


def enter(client: Client, code: str, phone: str = "13800138000") -> Any:
    return client.post("/api/v1/sign-in", {"phone": phone, "code": code}, JSON)


def test_sign_in_me_sign_out(client: Client) -> None:
    sent = ask(client)
    assert sent.status_code == 202
    assert set(sent.json()) == {"expires_at", "resend_at"}
    answer = enter(client, Message.objects.get().context["code"])
    assert answer.status_code == 200
    assert answer.json()["is_new"] is True
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = client.get("/api/v1/me", headers=bearer)
    assert me.json() == answer.json()["member"]
    assert me.json()["phone"] == "138****8000"
    assert client.post("/api/v1/sign-out", headers=bearer).status_code == 204
    assert client.get("/api/v1/me", headers=bearer).status_code == 401


def test_too_soon_is_429_with_a_time(client: Client) -> None:
    ask(client)
    answer = ask(client)
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_code_too_soon")
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_wrong_code_is_422_at_its_field(client: Client) -> None:
    ask(client)
    right = Message.objects.get().context["code"]
    answer = enter(client, "000000" if right != "000000" else "111111")
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["field"]) == ("sign_in_code_wrong", "code")


def test_browser_cookie_is_no_key_to_the_api() -> None:
    member = cast.member()
    client = Client(
        headers={"Authorization": f"Bearer {cast.token(member, DeviceSession.Kind.WEB)}"}
    )
    assert client.get("/api/v1/me").status_code == 401
    assert cast.browser_of(member).get("/api/v1/me").status_code == 401
