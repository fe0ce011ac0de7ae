from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django.fixtures import Settings

from members.models import DeviceSession, Member
from members.views import SESSION_COOKIE
from notifications.models import Message
from tests import cast

pytestmark = pytest.mark.django_db


def code_of(client: Client, phone: str = "138 0013 8000", **data: str) -> str:
    answer = client.post("/sign-in/", {"phone": phone, **data})
    assert answer.status_code == 302, answer.content.decode()
    code: str = Message.objects.latest("pk").context["code"]
    return code


def test_sign_in_leads_home(client: Client) -> None:
    code = code_of(client)
    page = client.get("/sign-in/code/")
    assert "138****8000" in page.content.decode()
    answer = client.post("/sign-in/code/", {"code": code})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    cookie = answer.cookies[SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert bool(cookie["secure"]) is project.SESSION_COOKIE_SECURE
    assert "可用积分" in client.get("/").content.decode()
    assert Member.objects.get().phone == "+8613800138000"


def test_cookie_is_secure_in_service(client: Client, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    answer = client.post("/sign-in/code/", {"code": code_of(client)})
    assert answer.cookies[SESSION_COOKIE]["secure"]


def test_sign_in_leads_back_to_where_it_began(client: Client) -> None:
    asked = client.get("/points/?show=used")
    assert asked["Location"] == "/sign-in/?next=%2Fpoints%2F%3Fshow%3Dused"
    code = code_of(client, next="/points/?show=used")
    answer = client.post("/sign-in/code/", {"code": code, "next": "/points/?show=used"})
    assert answer["Location"] == "/points/?show=used"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "/\\evil.example",
        "members:me",
        "null",
        " ",
    ],
)
def test_sign_in_leads_to_no_other_site(client: Client, target: str) -> None:
    assert client.post("/size/", {"next": target})["Location"] == "/"
    code = code_of(client, next=target)
    answer = client.post("/sign-in/code/", {"code": code, "next": target})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("phone", ["", "12345", "1" * 500, "1380013\x008000"])
def test_wrong_number_is_told_at_its_field(client: Client, phone: str) -> None:
    answer = client.post("/sign-in/", {"phone": phone})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Message.objects.count() == 0


def test_wrong_code_is_told_at_its_field(client: Client) -> None:
    code = code_of(client)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    answer = client.post("/sign-in/code/", {"code": wrong})
    assert answer.status_code == 422
    assert "验证码错误或已失效" in answer.content.decode()
    assert SESSION_COOKIE not in client.cookies


def test_asking_twice_leads_to_the_code_on_its_way(client: Client) -> None:
    code_of(client)
    answer = client.post("/sign-in/", {"phone": "13800138000"})
    assert answer.status_code == 302
    assert Message.objects.count() == 1


def test_resend_too_soon_says_how_long(client: Client) -> None:
    code_of(client)
    answer = client.post("/sign-in/code/resend/")
    assert answer.status_code == 429
    assert "秒后再获取" in answer.content.decode()


def test_code_page_without_a_number_leads_to_the_start(client: Client) -> None:
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    client.cookies["judian_phone"] = "forged"
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert client.post("/sign-in/code/resend/")["Location"] == "/sign-in/"


def test_sign_out_ends_the_device(client: Client) -> None:
    lin = cast.member()
    browser = cast.browser_of(lin)
    assert browser.get("/me/").status_code == 200
    assert browser.get("/sign-out/").status_code == 405
    answer = browser.post("/sign-out/")
    assert answer["Location"] == "/"
    assert DeviceSession.objects.get().revoked_at is not None
    assert browser.get("/me/").status_code == 302


def test_me_shows_number_and_masked_phone() -> None:
    lin = cast.member()
    page = cast.browser_of(lin).get("/me/").content.decode()
    assert lin.grouped_number in page
    assert "138****8000" in page
    assert "13800138000" not in page


def test_program_token_is_no_cookie() -> None:
    client = Client()
    client.cookies[SESSION_COOKIE] = cast.token(cast.member(), DeviceSession.Kind.API)
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize(("path", "queries"), [("/", 0), ("/sign-in/", 0), ("/privacy/", 1)])
def test_pages_for_everybody(
    client: Client, path: str, queries: int, django_assert_num_queries: Any
) -> None:
    """The privacy statement says how long data are kept, as the merchant has set it."""
    with django_assert_num_queries(queries):
        answer = client.get(path)
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy


def test_language_and_size_stay_on_the_device(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "en", "next": "/"})
    client.post("/size/", {"size": "large", "next": "/"})
    page = client.get("/").content.decode()
    assert '<html lang="en" class="large">' in page
    assert "Every point explains itself" in page
    client.post("/size/", {"size": "normal"})
    assert 'class="large"' not in client.get("/").content.decode()


def test_pages_of_a_member_are_not_kept() -> None:
    answer = cast.browser_of(cast.member()).get("/me/")
    assert "no-store" in answer["Cache-Control"]


def test_session_use_is_noted_once_a_day() -> None:
    lin = cast.member()
    browser = cast.browser_of(lin)
    DeviceSession.objects.update(
        last_seen_at=DeviceSession.objects.get().last_seen_at - timedelta(days=2)
    )
    before = DeviceSession.objects.get().last_seen_at
    browser.get("/me/")
    assert DeviceSession.objects.get().last_seen_at > before
