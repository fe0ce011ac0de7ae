"""The pages 「已登录设备」 and 「登录密码」, and signing in with a password in a browser."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from members.models import DeviceSession, Member, Password, WechatIdentity
from members.policies import devices
from members.views import SESSION_COOKIE
from notifications.models import Message
from tests import cast
from tests.members.api.test_security import IPHONE, SPELLINGS

pytestmark = pytest.mark.django_db
GOOD = "long enough"


@pytest.fixture(autouse=True)
def fast_hasher(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def member() -> Member:
    return cast.member()


def give_password(member: Member) -> None:
    Password.objects.create(member=member, encoded=make_password(GOOD), changed_at=timezone.now())


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (IPHONE, ("iPhone", "wechat")),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0"
            ),
            ("Windows", "Edge"),
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14; 23127PN0CC) AppleWebKit/537.36 (KHTML, "
                "like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
            ),
            ("Android", "Chrome"),
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4) AppleWebKit/605.1.15 (KHTML, "
                "like Gecko) Version/17.4 Safari/605.1.15"
            ),
            ("Mac", "Safari"),
        ),
        (
            (
                "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/114.0.0.0 Safari/537.36 HuaweiBrowser/5.0.4.300"
            ),
            ("HarmonyOS", "Huawei Browser"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
            ("Linux", "Firefox"),
        ),
        ("<script>alert(1)</script>", ("", "")),
        ("", ("", "")),
    ],
)
def test_device_words(user_agent: str, words: tuple[str, str]) -> None:
    assert devices.described(user_agent) == words


def test_device_list_marks_this_one(member: Member) -> None:
    browser = cast.browser_of(member)
    DeviceSession.objects.update(user_agent=IPHONE)
    cast.token(member, "api")
    page = text(browser.get("/me/devices/"))
    assert page.count("本机") == 1
    assert "iPhone · 微信" in page
    assert "未知设备" in page
    assert "MicroMessenger" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_device_list_costs_five_queries(
    member: Member, count: int, django_assert_num_queries: Any
) -> None:
    browser = cast.browser_of(member)
    for _device in range(count - 1):
        cast.token(member, "api")
    with django_assert_num_queries(5):  # session, count, rows, WeChat, the bell
        browser.get("/me/devices/")


def test_device_list_has_pages(member: Member) -> None:
    browser = cast.browser_of(member)
    for _device in range(20):
        cast.token(member, "api")
    assert text(browser.get("/me/devices/")).count("/me/devices/") == 20
    assert "?page=1" in text(browser.get("/me/devices/?page=2"))


def test_sign_out_another_device(member: Member) -> None:
    browser, other = cast.browser_of(member), cast.browser_of(member)
    row = DeviceSession.objects.latest("pk")
    assert browser.post(f"/me/devices/{row.pk}/")["Location"] == "/me/devices/"
    assert other.get("/me/")["Location"].startswith("/sign-in/")
    assert browser.get("/me/").status_code == 200


def test_sign_out_this_device_leads_home(member: Member) -> None:
    browser = cast.browser_of(member)
    answer = browser.post(f"/me/devices/{DeviceSession.objects.get().pk}/")
    assert answer["Location"] == "/"
    assert browser.cookies[SESSION_COOKIE].value == ""


def test_device_of_another_member_is_not_there(member: Member) -> None:
    cast.token(cast.member("13900139000"), "web")
    row = DeviceSession.objects.latest("pk")
    assert cast.browser_of(member).post(f"/me/devices/{row.pk}/").status_code == 404
    assert DeviceSession.objects.get(pk=row.pk).revoked_at is None


def test_sign_out_everywhere_asks_first(member: Member) -> None:
    browser, other = cast.browser_of(member), cast.browser_of(member)
    page = browser.get("/me/sign-out-everywhere/")
    assert "2 台设备" in text(page)
    assert browser.get("/me/").status_code == 200
    assert browser.post("/me/sign-out-everywhere/")["Location"] == "/"
    for one in (browser, other):
        assert one.get("/me/").status_code == 302


def test_unbind_wechat(member: Member) -> None:
    WechatIdentity.objects.create(member=member, app_id="wx1", openid="o", bound_at=timezone.now())
    browser = cast.browser_of(member)
    assert "解绑" in text(browser.get("/me/devices/"))
    assert browser.post("/me/wechat/unbind/")["Location"] == "/me/devices/"
    assert "解绑" not in text(browser.get("/me/devices/"))


@pytest.mark.parametrize(
    "path",
    ["/me/devices/", "/me/password/", "/me/sign-out-everywhere/", "/me/wechat/unbind/"],
)
def test_guests_are_led_to_sign_in(client: Client, path: str) -> None:
    answer = client.post(path) if path.endswith("unbind/") else client.get(path)
    assert answer["Location"].startswith("/sign-in/?next=")


def test_set_a_password_with_a_code(member: Member) -> None:
    browser, other = cast.browser_of(member), cast.browser_of(member)
    sent = browser.post("/me/password/code/")
    assert "138****8000" in text(sent)
    code = Message.objects.get().context["code"]
    answer = browser.post("/me/password/", {"new_password": GOOD, "code": code})
    assert answer["Location"] == "/me/password/"
    assert "移除密码" in text(browser.get("/me/password/"))
    assert other.get("/me/").status_code == 302


def test_second_code_within_the_minute_is_429(member: Member) -> None:
    browser = cast.browser_of(member)
    browser.post("/me/password/code/")
    answer = browser.post("/me/password/code/")
    assert answer.status_code == 429
    assert "秒" in text(answer)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"new_password": GOOD}, "验证码"),
        ({"new_password": GOOD, "old_password": "x"}, "密码不正确"),
        ({"new_password": "1234", "old_password": GOOD}, "密码"),
        ({"new_password": "\x00", "old_password": GOOD}, "空字符"),
        ({"new_password": "x" * 5000, "old_password": GOOD}, "128"),
        ({}, "必填"),
    ],
)
def test_refusals_stay_on_the_page(member: Member, given: dict[str, str], said: str) -> None:
    give_password(member)
    browser = cast.browser_of(member)
    answer = browser.post("/me/password/", given)
    assert answer.status_code == 422
    assert said in text(answer)
    assert GOOD not in text(answer)


def test_remove_the_password(member: Member) -> None:
    give_password(member)
    browser = cast.browser_of(member)
    wrong = browser.post("/me/password/remove/", {"old_password": "x"})
    assert wrong.status_code == 422
    right = browser.post("/me/password/remove/", {"old_password": GOOD})
    assert right["Location"] == "/me/password/"
    assert not Password.objects.exists()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_sign_in_with_a_password(client: Client, member: Member, spelling: str) -> None:
    give_password(member)
    given = {"phone": spelling, "password": GOOD, "next": "/points/"}
    answer = client.post("/sign-in/password/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/points/")
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize("phone", ["13800138000", "13900139000"])
def test_wrong_password_says_the_same_to_everybody(
    client: Client, member: Member, phone: str
) -> None:
    give_password(member)
    answer = client.post("/sign-in/password/", {"phone": phone, "password": "x"})
    assert answer.status_code == 422
    assert "手机号或密码不正确" in text(answer)


def test_tries_used_up_is_429(client: Client) -> None:
    for _try in range(5):
        client.post("/sign-in/password/", {"phone": "13800138000", "password": "x"})
    answer = client.post("/sign-in/password/", {"phone": "13800138000", "password": "x"})
    assert answer.status_code == 429


@pytest.mark.parametrize("value", ["\x00", "x" * 100_000, "\ud800", "١٢٣"])
@pytest.mark.parametrize("field", ["phone", "password", "next"])
def test_malformed_sign_in_is_refused(client: Client, field: str, value: str) -> None:
    given = {"phone": "13800138000", "password": "x"} | {field: value}
    body = "&".join(f"{k}={_quoted(v)}" for k, v in given.items())
    answer = client.post("/sign-in/password/", body, "application/x-www-form-urlencoded")
    assert 400 <= answer.status_code < 500


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass"))
