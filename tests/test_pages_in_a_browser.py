"""The member's pages in a real Chromium: signing in, reading, and how they fit and look."""

import json
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import judging
from campaigns.policies.occasions import Line, Occasion
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import rules as selectors
from campaigns.services import rules
from members.models import Member
from members.services import addresses, relations
from notifications.models import Notice
from notifications.services import delivery
from points.models import Account
from points.services import accounts, holds
from points.services import settings as points_settings
from stores.models import Store
from tests import cast
from tests.mall import making as coupons
from tests.notifications.making import letters_to
from tests.tiers.making import ladder
from tiers.models import Level

SHANGHAI = ZoneInfo("Asia/Shanghai")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

RULES_PAGES = ["/rules/", "/rules/v1/", "/rules/v2/changes/", "/rules/versions/"]
PAGES = [
    *("/", "/points/", "/points/?show=used", "/points/lots/", "/points/expiring/"),
    *("/me/", "/privacy/", "{entry}"),
    *("/me/devices/", "/me/sign-out-everywhere/", "/me/password/"),
    *("/me/profile/", "/me/code/", "/me/addresses/", "/me/addresses/add/", "/me/consents/"),
    *("/me/invite/", "/me/people/", "/points/gifts/", "/level/", "/me/privacy/", "/me/close/"),
    *("/me/tickets/", "/me/tickets/new/"),
    *("/me/messages/", "/me/messages/?tab=delivery", "/me/messages/settings/"),
    *("/me/messages/settings/email/", "{notice}"),
    *("/coupons/", "/coupons/?show=used", "/coupons/?show=expired"),
    *("/mall/", "/mall/rewards/", "/mall/wishes/", "/mall/orders/"),
    *RULES_PAGES,
]
GUEST_PAGES = ["/", "/mall/", "/sign-in/", "/sign-in/password/", "/privacy/", "/nowhere/"]


@pytest.fixture(autouse=True)
def published_rules() -> None:
    """Rules in force and rules to come, with everything that the page can show."""
    now = timezone.now()
    for number, (start, more) in enumerate(
        [
            (-300, ()),
            (
                40,
                (
                    RuleTerms(
                        key="share", name="分享有礼", effect="fixed", trigger="share", points=5
                    ),
                ),
            ),
        ]
    ):
        version = EarningRuleVersion.objects.create(
            name="x",
            starts_at=now + timedelta(days=start),
            points=10 + number,
            block_yuan=100,
            unit_name="星星",
            preface="亲爱的会员：\n" + "本店的积分规则如下。" * 20,
            announcement="双十一起调整。",
            excluded={"sku": [f"LONGARTICLENUMBER{n:020}" for n in range(30)]},
        )
        for position, one in enumerate((*RULES, *more)):
            values = {f.name: getattr(one, f.name) for f in fields(one)}
            EarningRule.objects.create(version=version, position=position, **values)
        rules.publish(version=version, by=None, now=now, reason="x", short_notice_reason="x")


@pytest.fixture
def sms_file(settings: Settings, tmp_path: Path) -> Path:
    settings.SMS_GATEWAY = "notifications.services.gateways.file"
    settings.SMS_FILE = tmp_path / "sms.log"
    return tmp_path / "sms.log"


def a_year_of(person: Member) -> int:
    """A busy account with a long-named store; returns its most telling entry."""
    now = timezone.now()
    store = Store.objects.create(code="XH", name="西湖银泰城旗舰店（二层中庭）")
    for month in range(12, 0, -1):
        at = now - timedelta(days=30 * month)
        cast.earned(
            person, 1_234 * month, at=at, store_id=store.pk, expires_at=at + timedelta(days=380)
        )
    spend = cast.spent(person, 20_000, store_id=store.pk)
    letters_to(person)
    friends_and_levels(person)
    cast.earned(person, 88, usable_at=now + timedelta(days=7), store_id=store.pk)
    holds.hold(
        member_id=person.pk,
        points=60,
        reference="cart:1",
        source="pos",
        actor="test",
        at=now,
        until=now + timedelta(hours=1),
    )
    return spend.entry_id


def address(path: str, entry: int) -> str:
    """The page of a list above; the member has this entry, and notices."""
    newest = Notice.objects.latest("pk")
    return path.format(entry=f"/points/entries/{entry}/", notice=f"/me/messages/{newest.pk}/")


def friends_and_levels(person: Member) -> None:
    """Somebody to give to, an address with a long name, and a ladder of four levels."""
    now = timezone.now()
    points_settings.set_gifts(at=now, is_on=True, cooling_off_days=0)
    coupons.have_a_wallet(person, at=now)
    for number, wait in enumerate((9, 0)):
        friend = cast.member(f"1370013700{number}", "司马" * 15)
        at = now - timedelta(days=wait)
        token = relations.invite(member_id=friend.pk, kind="family", at=at).token
        relations.accept(member_id=person.pk, token=token, at=at)
    home = addresses.Content("欧阳" * 20, "13800138000", "659001", "很长的地址" * 24)
    addresses.add(member_id=person.pk, content=home, at=now)
    for level in ladder({"basic": 0, "silver": 600, "gold": 1500, "black": 3600}).values():
        Level.objects.filter(pk=level.pk).update(name="尊享会员" * 3)


RULES = (
    RuleTerms(
        key="day",
        name="会员日",
        effect="multiplier",
        factor=Decimal(2),
        conditions=[{"kind": "weekday", "in": [4]}],
    ),
    RuleTerms(
        key="brand",
        name="青瓷新品上市" * 6,
        effect="per_block",
        combine="extra",
        points=10,
        yuan=Decimal(100),
        conditions=[
            {"kind": "brand", "in": ["青瓷", "x" * 60]},
            {"kind": "hours", "from": "22:00", "to": "02:00"},
            {"kind": "amount", "from": "200"},
        ],
        limits=[{"per": "member", "period": "day", "points": 100}],
        validity={"kind": "quarter_end", "count": 1},
        timing={"kind": "days", "days": 7},
    ),
)


def test_sign_in_read_the_balance_and_why(phone: Page, sms_file: Path) -> None:
    lin = cast.member()
    cast.earned(
        lin,
        20,
        rule_version="v7",
        explanation={
            "type": "purchase",
            "base": "250.00",
            "currency": "CNY",
            "method": "block",
            "block": "100",
            "points": "10",
            "floor_at": "receipt",
            "result": 20,
            "rule": 7,
        },
    )
    phone.goto("/")
    phone.get_by_role("link", name="登录 / 加入会员").click()
    phone.get_by_label("手机号").fill("138 0013 8000")
    phone.get_by_role("button", name="获取验证码").click()
    expect(phone.get_by_text("138****8000")).to_be_visible()
    assert delivery.deliver_due(now=timezone.now()).sent == 1
    code = json.loads(sms_file.read_text())["context"]["code"]
    phone.get_by_label("6 位验证码").fill(code)
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_text("可用积分")).to_be_visible()
    expect(phone.locator(".book__figure")).to_contain_text("20")
    phone.get_by_role("link", name="获得积分").click()
    expect(phone.get_by_text("¥250.00 ÷ 100 取整 2 × 10 = 20，规则 v7")).to_be_visible()
    phone.get_by_role("link", name="我的", exact=True).click()
    phone.get_by_role("button", name="退出登录").click()
    expect(phone.get_by_role("link", name="登录 / 加入会员")).to_be_visible()


@pytest.mark.parametrize("size", ["normal", "large"])
def test_nothing_scrolls_sideways_at_320(narrow: Page, live_server: LiveServer, size: str) -> None:
    lin = cast.member(name="欧阳" * 15)
    entry = a_year_of(lin)
    accounts.freeze(
        member_id=lin.pk, reason="x" * 200, reference="f", actor="staff:1", at=timezone.now()
    )
    cast.arrive(narrow, lin, live_server)
    narrow.context.add_cookies([{"name": "judian_size", "value": size, "url": live_server.url}])
    for path in PAGES:
        narrow.goto(address(path, entry))
        width = narrow.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, path


_TARGETS = """() => [...document.querySelectorAll("a, button, input:not([type=hidden])")]
    .filter(e => e.offsetParent !== null && !e.closest("p, .prose, .skip") )
    .map(e => [(e.closest("label") || e).getBoundingClientRect(), e.textContent.trim() || e.name])
    .filter(([box]) => box.width < 43.5 || box.height < 43.5)
    .map(([box, name]) => `${name}: ${box.width} × ${box.height}`)"""


def test_targets_are_large_enough(phone: Page, live_server: LiveServer) -> None:
    lin = cast.member()
    entry = a_year_of(lin)
    cast.arrive(phone, lin, live_server)
    for path in PAGES:
        phone.goto(address(path, entry))
        assert phone.evaluate(_TARGETS) == [], path


# Every element with text of its own: the contrast of its colour with the nearest background
# behind it. A gradient counts by its lightest stop, which is the harder one for light text.
_CONTRAST = """() => {
    const parse = c => { const m = c.match(/[\\d.]+/g).map(Number);
        return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; };
    const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
        return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const behind = e => { for (; e; e = e.parentElement) { const s = getComputedStyle(e);
        const stops = [...s.backgroundImage.matchAll(/rgba?\\([^)]*\\)/g)].map(m => parse(m[0]));
        if (stops.length) return stops.sort((a, b) => light(b) - light(a))[0];
        const c = parse(s.backgroundColor); if (c[3] > 0.99) return c; }
        return [255, 255, 255, 1]; };
    return [...document.querySelectorAll("body *")]
        .filter(e => e.offsetParent !== null && !e.closest(".visually-hidden, .skip")
            && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
        .map(e => { const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
            return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e]; })
        .filter(([ratio]) => ratio < 4.5)
        .map(([ratio, e]) => `${e.className || e.tagName} ${ratio.toFixed(2)}`); }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(phone: Page, live_server: LiveServer, scheme: str) -> None:
    phone.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    lin = cast.member()
    entry = a_year_of(lin)
    for path in GUEST_PAGES[:4]:
        phone.goto(path)
        assert phone.evaluate(_CONTRAST) == [], path
    cast.arrive(phone, lin, live_server)
    for path in PAGES:
        phone.goto(address(path, entry))
        assert phone.evaluate(_CONTRAST) == [], path


_UNNAMED = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), progress")]
    .filter(e => !(e.textContent.trim() || e.getAttribute("aria-label")
        || (e.labels && e.labels.length)))
    .map(e => e.outerHTML)"""


def test_everything_has_a_name_and_every_page_one_heading(
    desktop: Page, live_server: LiveServer
) -> None:
    lin = cast.member()
    entry = a_year_of(lin)
    cast.arrive(desktop, lin, live_server)
    for path in PAGES:
        desktop.goto(address(path, entry))
        assert desktop.evaluate(_UNNAMED) == [], path
        assert desktop.locator("h1").count() == 1, path
        assert desktop.locator("html").get_attribute("lang") == "zh-hans"
        assert desktop.evaluate("document.documentElement.scrollWidth") <= 1366


def test_pages_are_light(phone: Page, live_server: LiveServer) -> None:
    """HTML, CSS, drawings: few requests and few bytes, uncompressed even."""
    lin = cast.member()
    a_year_of(lin)
    cast.arrive(phone, lin, live_server)
    sizes: list[int] = []
    phone.on("response", lambda response: sizes.append(len(response.body())))
    phone.goto("/points/")
    phone.wait_for_load_state("networkidle")
    assert len(sizes) <= 6
    assert sum(sizes) < 120_000


def test_a_guest_reads_the_rules_what_comes_and_what_was(phone: Page) -> None:
    phone.goto("/")
    phone.get_by_role("link", name="查看积分细则").click()
    expect(phone.get_by_role("heading", name="积分细则")).to_be_visible()
    expect(phone.get_by_text("每周四，积分 × 2。").first).to_be_visible()
    expect(phone.get_by_text("双十一起调整。")).to_be_visible()
    phone.get_by_role("link", name="全部版本").click()
    phone.get_by_role("link", name="v2").click()
    expect(phone.get_by_text("尚未生效")).to_be_visible()
    phone.get_by_role("link", name="变更内容").click()
    expect(phone.get_by_text("分享，得 5 分")).to_be_visible()
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_text("For sharing, gives 5 points")).to_be_visible()


def test_on_paper_the_rules_stand_alone(desktop: Page) -> None:
    desktop.goto("/rules/")
    desktop.emulate_media(media="print")
    expect(desktop.get_by_text("每周四，积分 × 2。").first).to_be_visible()
    expect(desktop.locator(".bar")).to_be_hidden()
    expect(desktop.locator(".rules__links")).to_be_hidden()
    assert desktop.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_member_unfolds_why(phone: Page, live_server: LiveServer) -> None:
    lin = cast.member()
    at = timezone.now()
    occasion = Occasion("purchase", at.astimezone(SHANGHAI), [Line(1, 2_500_000)])
    program = selectors.timetable().at(at)
    assert program is not None
    judged = judging.judge(program, occasion)
    entry = cast.earned(lin, 25, explanation=judged.explanation)
    cast.arrive(phone, lin, live_server)
    phone.goto(f"/points/entries/{entry.entry_id}/")
    expect(phone.locator(".whys li").last).to_be_hidden()
    phone.get_by_text("为什么是这么多？").click()
    expect(phone.locator(".whys li").last).to_contain_text("基础积分")
    expect(phone.locator(".whys li").last).to_be_visible()


def test_language_switches_and_stays(phone: Page, live_server: LiveServer) -> None:
    cast.arrive(phone, cast.member(), live_server)
    phone.goto("/me/")
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_role("button", name="Sign out")).to_be_visible()
    phone.get_by_role("link", name="Home").click()
    expect(phone.get_by_text("Available points")).to_be_visible()


def test_staff_adjust_and_freeze_in_the_back_office(desktop: Page) -> None:
    """The theme's scripts run under the content policy; the page fails on any complaint."""
    lin = cast.member()
    cast.earned(lin, 100)
    User.objects.create_superuser("boss", password="a-long-phrase")
    desktop.goto("/admin/")
    desktop.fill("[name=username]", "boss")
    desktop.fill("[name=password]", "a-long-phrase")
    desktop.get_by_role("button", name="登录").click()
    desktop.get_by_role("link", name="积分账户").first.click()
    desktop.get_by_role("link", name=lin.grouped_number).click()
    desktop.get_by_role("link", name="调整积分").click()
    expect(desktop.get_by_label("会员*")).to_have_value(lin.number)
    desktop.get_by_label("积分*").fill("50")
    desktop.get_by_label("备注*").fill("生日补偿")
    desktop.get_by_role("button", name="调整").click()
    expect(desktop.get_by_text("已入账：+50 积分。")).to_be_visible()
    desktop.goto(f"/admin/points/account/{Account.objects.get(member=lin).pk}/change/")
    desktop.get_by_role("link", name="冻结").click()
    desktop.get_by_label("原因*").fill("异常交易核查")
    desktop.get_by_role("button", name="冻结").click()
    expect(desktop.get_by_text("账户已冻结。")).to_be_visible()
    assert desktop.evaluate("document.documentElement.scrollWidth") <= 1366
    assert Account.objects.get(member=lin).available == 150
