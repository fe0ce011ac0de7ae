"""The rule builder, the trial basket and publishing in a real Chromium, on phone and desktop."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.services import rules
from stores.models import Article, Category, Store

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ADMIN = "/admin/campaigns"


@pytest.fixture
def draft() -> EarningRuleVersion:
    """A shop with goods, a version in force and the draft of the next one."""
    Store.objects.create(code="XH", name="西湖店")
    tea = Category.objects.create(code="TEA", name="茶")
    Category.objects.create(code="GREEN", name="绿茶", parent=tea)
    Article.objects.create(sku="1001", name="龙井", category=tea, brand="狮峰", labels=["new"])
    now = timezone.now()
    first = EarningRuleVersion.objects.create(name="基础版", starts_at=now - timedelta(days=400))
    rules.publish(version=first, by=None, now=now)
    made = rules.copy(version=first, name="春季版", starts_at=now + timedelta(days=3))
    EarningRule.objects.create(
        version=made,
        key="tea",
        name="绿茶加倍",
        effect="multiplier",
        factor=2,
        conditions=[{"kind": "category", "in": ["GREEN"]}],
        position=1,
    )
    return made


def arrive(page: Page, live_server: LiveServer, *, language: str = "zh-hans") -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
    )


def fits(page: Page) -> bool:
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return wide


def picture(page: Page, name: str, folder: Path) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue(request.param)
    return found


def test_a_rule_is_built_by_pressing_and_read_beside(
    page: Page, live_server: LiveServer, draft: EarningRuleVersion, tmp_path: Path
) -> None:
    arrive(page, live_server)
    page.goto(f"{ADMIN}/earningrule/add/?version={draft.pk}")
    expect(page.locator("#id_points")).to_be_visible()
    expect(page.locator("#id_factor")).to_be_hidden()
    page.locator("#id_name").fill("会员日")
    page.locator("#id_effect").select_option("multiplier")
    expect(page.locator("#id_points")).to_be_hidden()
    page.locator("#id_factor").fill("2")
    page.locator("summary", has_text="星期").click()
    page.get_by_label("星期四").check()
    preview = page.locator("[data-preview]")
    expect(preview).to_contain_text("每周四，积分 × 2")
    page.locator("summary", has_text="品牌").click()
    page.locator("button[data-add='狮峰']").click()
    expect(preview).to_contain_text("狮峰")
    page.locator("details:has(#id_c_sku_in) > summary").click()
    page.locator("#id_c_sku_in").press_sequentially("10")
    page.get_by_role("button", name="1001 龙井").click()
    expect(page.locator("#id_c_sku_in")).to_have_value("1001")
    page.locator(".rb-limits .rb-more").click()
    page.locator("#id_limits-0-value").fill("100")
    expect(preview).to_contain_text("100")
    assert fits(page)
    picture(page, "builder", tmp_path)
    page.locator("button[name=_save]").click()
    expect(page.locator("#rules")).to_contain_text("会员日")
    assert fits(page)
    made = EarningRule.objects.get(name="会员日")
    assert [one["kind"] for one in made.conditions] == ["sku", "brand", "weekday"]
    assert made.limits == [{"per": "member", "period": "day", "points": 100}]


def test_a_basket_is_tried(
    page: Page, live_server: LiveServer, draft: EarningRuleVersion, tmp_path: Path
) -> None:
    arrive(page, live_server)
    page.goto(f"{ADMIN}/earningruleversion/{draft.pk}/try/")
    page.locator("#id_lines-0-sku").press_sequentially("10")
    page.get_by_role("button", name="1001 龙井").click()
    page.locator("#id_lines-0-price").fill("250")
    page.get_by_role("button", name="试算").click()
    expect(page.locator(".rb-points").first).to_have_text("250 积分")
    expect(page.locator("#id_lines-0-sku")).to_have_value("1001")
    expect(page.locator("#result")).to_contain_text("绿茶加倍")
    assert fits(page)
    picture(page, "basket", tmp_path)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_publishing_asks_for_reasons(
    page: Page, live_server: LiveServer, draft: EarningRuleVersion, language: str, tmp_path: Path
) -> None:
    arrive(page, live_server, language=language)
    page.goto(f"{ADMIN}/earningruleversion/{draft.pk}/change/")
    assert fits(page)
    picture(page, f"version-{language}", tmp_path)
    page.goto(f"{ADMIN}/earningruleversion/{draft.pk}/publish/")
    assert fits(page)
    picture(page, f"publish-{language}", tmp_path)
    page.locator("#id_reason").fill("no receipts yet")
    page.locator("#id_short_notice_reason").fill("opening day")
    page.get_by_role("button", name="发布" if language == "zh-hans" else "Publish").click()
    expect(page.locator(".rb-head")).to_contain_text("v2")
    draft.refresh_from_db()
    assert draft.untested_reason == "no receipts yet"


def test_without_scripts_the_whole_form_is_there(
    desktop: Page, live_server: LiveServer, draft: EarningRuleVersion
) -> None:
    browser = desktop.context.browser
    assert browser is not None
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain = context.new_page()
    arrive(plain, live_server)
    plain.goto(f"{ADMIN}/earningrule/add/?version={draft.pk}")
    plain.locator("#id_name").fill("满赠")
    plain.locator("#id_effect").select_option("bands")
    plain.locator("#id_bands-0-from").fill("200")
    plain.locator("#id_bands-0-points").fill("50")
    plain.locator("button[name=_preview]").click()
    expect(plain.locator("[data-preview]")).to_contain_text("50")
    plain.locator("button[name=_save]").click()
    expect(plain.locator("#rules")).to_contain_text("满赠")
    context.close()
