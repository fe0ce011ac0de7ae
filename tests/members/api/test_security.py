"""Every door of the API through which somebody signs in, and what they see of their devices."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.stand_ins.wechat import WechatStandIn, running
from members.models import DeviceSession, Member, Password, WechatIdentity
from notifications.models import Message
from tests import cast
from tests.members.test_policies import full_width

pytestmark = pytest.mark.django_db
JSON = "application/json"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 MicroMessenger/8.0.49(0x18003130) NetType/WIFI Language/zh_CN"
)
PHONE = "13800138000"
SPELLINGS = [
    PHONE,
    "+8613800138000",
    "008613800138000",
    "+86 138-0013-8000",
    " 138 0013 8000 ",
    full_width(PHONE),
    full_width("+86") + full_width(PHONE),
    "(+86) 138 0013 8000",
]


@pytest.fixture(autouse=True)
def fast_hasher(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def they(settings: Settings) -> Iterator[WechatStandIn]:
    stand_in = WechatStandIn(app_id="wx1", secret="secret")
    with running(stand_in) as address:
        settings.WECHAT_CLIENT = "members.services.wechat_client.HttpClient"
        settings.WECHAT_API_BASE = address
        settings.WECHAT_APP_ID, settings.WECHAT_APP_SECRET = "wx1", "secret"
        yield stand_in


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(f"/api/v1/{path}", json.dumps(body) if body is not None else "", JSON)


def with_password(phone: str = PHONE) -> Member:
    member = cast.member(phone)
    Password.objects.create(
        member=member, encoded=make_password("long enough"), changed_at=timezone.now()
    )
    return member


def bearer(answer: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_number_however_it_is_written(client: Client, spelling: str) -> None:
    member = with_password()
    assert post(client, "sign-in/codes", {"phone": spelling}).status_code == 202
    code = Message.objects.get().context["code"]
    by_code = post(client, "sign-in", {"phone": spelling, "code": code})
    by_password = post(client, "sign-in/password", {"phone": spelling, "password": "long enough"})
    for answer in (by_code, by_password):
        assert answer.status_code == 200, answer.content
        assert answer.json()["member"]["number"] == member.number
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    "phone",
    ["12345", "010-12345678", "+1", "138001380001", "x" * 40, full_width("123"), "13800138000;x"],
)
@pytest.mark.parametrize(
    ("path", "more"),
    [("sign-in/codes", {}), ("sign-in", {"code": "1"}), ("sign-in/password", {"password": "x"})],
)
def test_no_number_is_refused_at_its_field(
    client: Client, phone: str, path: str, more: dict[str, str]
) -> None:
    answer = post(client, path, {"phone": phone, **more})
    assert (answer.status_code, answer.json()["code"]) == (422, "phone_invalid")
    assert answer.json()["field"] == "phone"


TEXTS = [
    '"\\u0000"',
    '"\\ud800"',
    '"' + "x" * 100_000 + '"',
    "[" * 100,
    "null",
    "1e309",
    "[]",
    "{}",
    "true",
    "-1",
    "123456789012345678901234567890123456789012345",
]
DOORS = [
    ("sign-in/codes", "phone", {}),
    ("sign-in", "code", {"phone": PHONE}),
    ("sign-in/password", "password", {"phone": PHONE}),
    ("sign-in/refresh", "refresh_token", {}),
    ("sign-in/wechat", "login_code", {}),
    ("sign-in/wechat", "phone_code", {"login_code": "x"}),
    ("me/password/remove", "old_password", {}),
    ("me/password", "new_password", {"old_password": "x"}),
    ("me/wechat/bind", "login_code", {}),
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("path", "field", "more"), DOORS)
def test_malformed_values_get_an_answer(
    they: WechatStandIn, text: str, path: str, field: str, more: dict[str, str]
) -> None:
    client = cast.program_of(with_password())
    body = json.dumps(more)[:-1] + (", " if more else "") + f'"{field}": {text}}}'
    send = client.put if path == "me/password" else client.post
    answer = send(f"/api/v1/{path}", body, JSON)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["code"]


def test_pair_of_tokens(client: Client) -> None:
    with_password()
    first = post(client, "sign-in/password", {"phone": PHONE, "password": "long enough"})
    assert set(first.json()) == {
        *("access_token", "access_expires_at", "refresh_token", "refresh_expires_at"),
        *("is_new", "member"),
    }
    second = post(client, "sign-in/refresh", {"refresh_token": first.json()["refresh_token"]})
    assert second.status_code == 200
    assert client.get("/api/v1/me", headers=bearer(second)).status_code == 200
    assert client.get("/api/v1/me", headers=bearer(first)).status_code == 401
    third = post(client, "sign-in/refresh", {"refresh_token": second.json()["refresh_token"]})
    stolen = post(client, "sign-in/refresh", {"refresh_token": first.json()["refresh_token"]})
    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_token_invalid")
    assert client.get("/api/v1/me", headers=bearer(third)).status_code == 401


def test_authentication_is_one_query(django_assert_num_queries: Any) -> None:
    program = cast.program_of(cast.member())
    with django_assert_num_queries(2):  # the session with its member, and the password's row
        program.get("/api/v1/me/password")


def test_wrong_password_is_422_and_too_many_429(client: Client) -> None:
    for _try in range(5):
        answer = post(client, "sign-in/password", {"phone": PHONE, "password": "x"})
        assert (answer.status_code, answer.json()["code"]) == (422, "password_wrong")
    answer = post(client, "sign-in/password", {"phone": PHONE, "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (429, "password_tries_used")
    assert 0 < int(answer["Retry-After"]) <= 3600


def test_wechat_door(client: Client, they: WechatStandIn) -> None:
    asked = post(client, "sign-in/wechat", {"login_code": they.login_code("o-lin")})
    assert (asked.status_code, asked.json()["code"]) == (422, "wechat_phone_needed")
    both = {"login_code": they.login_code("o-lin"), "phone_code": they.phone_code(PHONE)}
    joined = post(client, "sign-in/wechat", both)
    assert (joined.status_code, joined.json()["is_new"]) == (200, True)
    again = post(client, "sign-in/wechat", {"login_code": they.login_code("o-lin")})
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    spent = post(client, "sign-in/wechat", both)
    assert (spent.status_code, spent.json()["code"]) == (422, "wechat_code_invalid")
    other = {"login_code": they.login_code("o-wang"), "phone_code": they.phone_code(PHONE)}
    bound = post(client, "sign-in/wechat", other)
    assert (bound.status_code, bound.json()["code"]) == (409, "wechat_phone_bound")


def test_broken_wechat_is_503_with_a_time(client: Client, they: WechatStandIn) -> None:
    they.fault = "busy"
    answer = post(client, "sign-in/wechat", {"login_code": they.login_code("o-lin")})
    assert (answer.status_code, answer.json()["code"]) == (503, "wechat_unavailable")
    assert int(answer["Retry-After"]) > 0


def test_wechat_that_is_not_offered(client: Client) -> None:
    answer = post(client, "sign-in/wechat", {"login_code": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "wechat_off")


def test_bind_and_unbind(they: WechatStandIn) -> None:
    program = cast.program_of(cast.member())
    assert program.get("/api/v1/me/wechat").json() == {"is_bound": False, "bound_at": None}
    body = {"login_code": they.login_code("o-lin")}
    assert post(program, "me/wechat/bind", body).status_code == 204
    assert program.get("/api/v1/me/wechat").json()["is_bound"] is True
    assert program.delete("/api/v1/me/wechat/unbind").status_code == 204
    assert post(program, "me/wechat/unbind").status_code == 204
    assert not WechatIdentity.objects.exists()


def test_password_by_code_of_ones_own() -> None:
    member = cast.member()
    program = cast.program_of(member)
    assert program.get("/api/v1/me/password").json() == {"has_password": False, "changed_at": None}
    assert post(program, "me/codes").status_code == 202
    message = Message.objects.get()
    assert message.to == member.phone
    body = json.dumps({"new_password": "long enough", "code": message.context["code"]})
    other = cast.program_of(member)
    assert program.put("/api/v1/me/password", body, JSON).status_code == 204
    assert program.get("/api/v1/me/password").json()["has_password"] is True
    assert other.get("/api/v1/me/password").status_code == 401
    removed = post(program, "me/password/remove", {"old_password": "long enough"})
    assert removed.status_code == 204
    assert not Password.objects.exists()


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"new_password": "long enough"}, "password_proof_needed", "code"),
        ({"new_password": "long enough", "code": "000000"}, "sign_in_code_wrong", "code"),
        ({"new_password": "long enough", "old_password": "x"}, "password_wrong", "old_password"),
        ({"new_password": "1234", "old_password": "x"}, "password_weak", "new_password"),
    ],
)
def test_password_refusals_name_the_field(body: dict[str, str], code: str, field: str) -> None:
    program = cast.program_of(with_password())
    answer = program.put("/api/v1/me/password", json.dumps(body), JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["field"] == field


@pytest.mark.parametrize("count", [1, 3])
def test_devices_cost_three_queries(count: int, django_assert_num_queries: Any) -> None:
    member = cast.member()
    program = cast.program_of(member)
    for _device in range(count - 1):
        cast.token(member, "web")
    with django_assert_num_queries(3):
        answer = program.get("/api/v1/me/devices")
    assert answer.json()["count"] == len(answer.json()["results"]) == count
    assert [row["is_this"] for row in answer.json()["results"]].count(True) == 1


def test_device_in_plain_words(client: Client) -> None:
    with_password()
    body = {"phone": PHONE, "password": "long enough"}
    answer = client.post(
        "/api/v1/sign-in/password", json.dumps(body), JSON, headers={"User-Agent": IPHONE}
    )
    device = client.get("/api/v1/me/devices", headers=bearer(answer)).json()["results"][0]
    assert (device["name"], device["kind"], device["is_this"]) == ("iPhone · 微信", "api", True)
    english = {**bearer(answer), "Accept-Language": "en"}
    device = client.get("/api/v1/me/devices", headers=english).json()["results"][0]
    assert device["name"] == "iPhone · WeChat"


@pytest.mark.parametrize("how", ["delete", "post"])
def test_sign_out_one_device(how: str) -> None:
    member = cast.member()
    program, other = cast.program_of(member), cast.browser_of(member)
    row = DeviceSession.objects.get(kind="web")
    path = f"/api/v1/me/devices/{row.pk}"
    send = program.delete if how == "delete" else program.post
    address = path if how == "delete" else f"{path}/sign-out"
    assert send(address).status_code == 204
    assert other.get("/me/").status_code == 302
    assert send(address).status_code == 404


def test_devices_of_others_are_not_there() -> None:
    other = cast.member("13900139000")
    cast.token(other, "web")
    row = DeviceSession.objects.get(member=other)
    program = cast.program_of(cast.member())
    assert program.delete(f"/api/v1/me/devices/{row.pk}").status_code == 404
    assert program.delete(f"/api/v1/me/devices/{2**80}").status_code == 404
    assert DeviceSession.objects.alive(timezone.now()).count() == 2


def test_sign_out_everywhere() -> None:
    member = cast.member()
    program = cast.program_of(member)
    cast.token(member, "web")
    cast.token(cast.member("13900139000"), "web")
    assert post(program, "me/sign-out-everywhere").json() == {"signed_out": 2}
    assert program.get("/api/v1/me").status_code == 401
    assert DeviceSession.objects.alive(timezone.now()).count() == 1
