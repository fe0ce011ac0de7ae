"""From nothing to a balance: in a real browser on a phone, and by API. On both databases."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from campaigns.models import EarningRuleVersion
from campaigns.services import rules
from members.models import Member
from members.services import profile
from notifications.services import delivery
from points.services import settings as points_settings
from stores.models import Store
from stores.services import api_keys
from tests import cast


@pytest.fixture
def till(db: None) -> Client:
    """A store's machine, in a shop where ten points come of every yuan."""
    now = timezone.now()
    rules.publish(
        version=EarningRuleVersion(
            name="R", starts_at=now - timedelta(days=30), points=10, block_yuan=1
        ),
        by=None,
        now=now,
        reason="x",
        short_notice_reason="x",
    )
    store = Store.objects.create(code="XH", name="西湖店")
    key = api_keys.issue(store=store, name="till", now=now)
    return Client(headers={"X-Api-Key": key.secret})


@pytest.fixture
def sms(settings: Settings, tmp_path: Path) -> Path:
    settings.SMS_GATEWAY = "notifications.services.gateways.file"
    settings.SMS_FILE = tmp_path / "sms.log"
    return tmp_path / "sms.log"


def code_in(sms: Path) -> str:
    """What the phone received."""
    delivery.deliver_due(now=timezone.now())
    code: str = json.loads(sms.read_text().splitlines()[-1])["context"]["code"]
    return code


def buys(till: Client, number: str, yuan: str, **member: str) -> dict[str, Any]:
    content = {
        "number": number,
        "kind": "sale",
        "occurred_at": timezone.now().isoformat(),
        "lines": [{"sku": "T1", "name": "茶", "quantity": "1", "unit_price": yuan}],
        **member,
    }
    answer = till.post("/api/v1/receipts", content, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    told: dict[str, Any] = answer.json()
    return told


def found_at(till: Client, **by: str) -> dict[str, Any]:
    answer = till.post("/api/v1/members/look-up", by, content_type="application/json")
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_in_the_browser(phone: Page, till: Client, sms: Path) -> None:
    """A friend's link, a code by SMS, a profile, the code shown at the till, a balance."""
    points_settings.set_gifts(at=timezone.now(), is_on=True, cooling_off_days=0)
    friend = cast.member("13700137000", "周可")
    phone.goto(f"/join/{profile.invitation_code(friend)}/")
    phone.get_by_label("手机号").fill("138 0013 8000")
    phone.get_by_role("button", name="获取验证码").click()
    phone.get_by_label("验证码").fill(code_in(sms))
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_text("可用积分")).to_be_visible()
    assert Member.objects.get(phone="+8613800138000").invited_by == friend

    phone.goto("/me/profile/")
    phone.get_by_label("姓名").fill("林小雨")
    phone.get_by_label("女", exact=True).check()
    phone.get_by_label("生日").fill("2000-02-29")
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_role("heading", name="林小雨")).to_be_visible()

    phone.goto("/me/addresses/add/")
    phone.get_by_label("粘贴地址").fill("林小雨 13800138000 浙江省杭州市西湖区文三路 90 号")
    phone.get_by_role("button", name="智能填写").click()
    expect(phone.get_by_label("区县")).to_have_value("330106")
    phone.get_by_label("省份").select_option("310000")
    expect(phone.get_by_label("城市")).to_contain_text("浦东新区")
    phone.get_by_label("城市").select_option("310115")
    expect(phone.get_by_label("区县")).to_be_hidden()
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_text("上海市浦东新区")).to_be_visible()

    phone.goto("/")
    phone.get_by_role("link", name="会员码").click()
    expect(phone.get_by_role("img", name="二维码")).to_be_visible()
    shown = re.sub(r"\D", "", phone.locator(".code-card__digits").inner_text())
    found = found_at(till, code=shown)
    assert (found["name"], found["panels"]["points"]["available"]) == ("林小雨", 0)
    told = buys(till, "N1", "88.80", member_number=found["number"])
    phone.goto("/")
    expect(phone.locator(".book__figure")).to_contain_text(f"{told['points']:,}")
    assert found_at(till, phone="13800138000")["panels"]["points"]["available"] == told["points"]


@pytest.mark.django_db(transaction=True)
def test_by_api(till: Client, sms: Path) -> None:
    program = Client()

    def send(method: str, path: str, content: Any = None, **headers: str) -> Any:
        answer = getattr(program, method)(
            f"/api/v1{path}", content, content_type="application/json", headers=headers
        )
        assert answer.status_code < 300, answer.content.decode()
        return answer.json()

    send("post", "/sign-in/codes", {"phone": "+86 138 0013 8000"})
    signed_in = send("post", "/sign-in", {"phone": "13800138000", "code": code_in(sms)})
    assert signed_in["is_new"] is True
    bearer = {"Authorization": f"Bearer {signed_in['access_token']}"}
    me = send("put", "/me", {"name": "林小雨", "birthday": "2000-02-29"}, **bearer)
    assert me["name"] == "林小雨"
    assert send("get", "/me/points", **bearer)["available"] == 0
    code = send("get", "/me/code", **bearer)["code"]
    number = found_at(till, code=code)["number"]
    told = buys(till, "N1", "88.80", member_number=number)
    assert send("get", "/me/points", **bearer)["available"] == told["points"] > 0
    fresh = send("post", "/sign-in/refresh", {"refresh_token": signed_in["refresh_token"]})
    bearer = {"Authorization": f"Bearer {fresh['access_token']}"}
    (entry,) = send("get", "/me/entries", **bearer)["results"]
    assert entry["points"] == told["points"]
