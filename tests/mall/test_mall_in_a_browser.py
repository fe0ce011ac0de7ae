"""The journeys of the mall in a real Chromium, on a phone and on a desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from mall.models import Redemption, Reward, RewardCategory, RewardPrice, Shelf
from mall.services import codes, handover, progress, search
from tests import cast
from tests.mall import redeeming, shelving
from tests.test_pages_in_a_browser import _CONTRAST, _TARGETS, _UNNAMED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def goods() -> dict[str, Reward]:
    """A shop with one reward of every sort, a shelf and a category."""
    tea = RewardCategory.objects.create(code="tea", name="茶饮")
    Shelf.objects.create(code="low", name="入门好物")
    redeeming.shop("S1")
    now = timezone.now()
    made = {
        "bag": shelving.reward("帆布袋", points=600, category=tea, can_pick_up=True),
        "latte": shelving.reward("限时拿铁", points=300, kind="service", can_ship=False),
        "card": shelving.reward(
            "视频会员激活码", points=100, kind="virtual", stock=0, can_ship=False
        ),
        "mixed": shelving.reward("保温杯", points=200, money=Decimal("29.00"), can_pick_up=True),
        "far": shelving.reward("黑金茶盏", points=90_000, stock=3),
        "gone": shelving.reward("绝版徽章", points=10, stock=0),
    }
    shelving.variant(made["bag"], stock=3, name="墨绿", extra_points=50)
    RewardPrice.objects.create(
        reward=made["latte"], points=150, ends_at=now + timedelta(days=2, hours=3, minutes=5)
    )
    codes.bring_in(
        variant_id=made["card"].variants.get().pk,
        codes=["VIP-8A7K-22MM"],
        name="一批",
        valid_until=None,
        actor="test",
        at=now,
    )
    search.rebuild()
    return made


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Page:
    if request.param == "phone":
        found: Page = request.getfixturevalue("phone")
    else:
        found = request.getfixturevalue("desktop")
        found.set_viewport_size({"width": 1280, "height": 800})
    return found


@contextmanager
def no_script(browser: Browser, live_server: LiveServer, width: int) -> Iterator[Page]:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 640},
        java_script_enabled=False,
        locale="zh-CN",
    )
    yield context.new_page()
    context.close()


def test_find_choose_confirm_and_see_its_way(
    page: Page, live_server: LiveServer, goods: dict[str, Reward]
) -> None:
    lin = redeeming.rich(2000)
    redeeming.address(lin)
    cast.arrive(page, lin, live_server)
    page.goto("/mall/")
    expect(page.get_by_text("还剩 2 天 3 小时").first).to_be_visible()
    page.get_by_label("搜索好物").fill("帆布")
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_text("共 1 件好物")).to_be_visible()
    page.get_by_role("link", name="帆布袋").click()
    page.get_by_role("button", name="想要").click()
    expect(page.get_by_role("button", name="已想要")).to_be_visible()
    page.get_by_label("墨绿").check()
    page.get_by_role("button", name="立即兑换").click()
    expect(page.get_by_text("1,350", exact=True)).to_be_visible()
    page.get_by_label("数量").fill("2")
    page.get_by_label("数量").blur()
    expect(page.get_by_text("700", exact=True)).to_be_visible()
    page.get_by_text("将使用哪些积分").click()
    page.get_by_role("button", name="确认兑换").click()
    expect(page.get_by_text("兑换成功")).to_be_visible()
    expect(page.get_by_role("heading", name="待确认")).to_be_visible()
    order = Redemption.objects.get()
    assert (order.quantity, order.points, order.variant.name) == (2, 1300, "墨绿")
    progress.ship(
        redemption_id=order.pk,
        carrier="顺丰速运",
        tracking_number="SF123456",
        actor="staff:1",
        at=timezone.now(),
    )
    page.get_by_role("link", name="订单", exact=True).click()
    page.get_by_role("link", name="待收货", exact=True).click()
    page.get_by_role("link", name="帆布袋").click()
    expect(page.get_by_text("SF123456").first).to_be_visible()
    page.get_by_role("button", name="确认收货").click()
    expect(page.get_by_role("heading", name="已完成")).to_be_visible()
    page.get_by_role("link", name="申请售后").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("退货 × 1")).to_be_visible()
    page.get_by_role("button", name="撤回申请").click()
    expect(page.get_by_role("button", name="撤回申请")).to_have_count(0)


def test_a_virtual_code_is_opened(
    page: Page, live_server: LiveServer, goods: dict[str, Reward]
) -> None:
    lin = redeeming.rich(500)
    cast.arrive(page, lin, live_server)
    page.goto(f"/mall/rewards/{goods['card'].code}/")
    page.get_by_role("button", name="立即兑换").click()
    page.get_by_role("button", name="确认兑换").dblclick()
    expect(page.get_by_text("券码已备好")).to_be_visible()
    assert "VIP-8A7K" not in page.content()
    page.get_by_role("button", name="打开券码").click()
    expect(page.get_by_text("VIP-8A7K-22MM")).to_be_visible()
    assert Redemption.objects.count() == 1


def test_the_money_part_is_paid(
    page: Page, live_server: LiveServer, goods: dict[str, Reward]
) -> None:
    lin = redeeming.rich(500)
    redeeming.address(lin)
    cast.arrive(page, lin, live_server)
    page.goto(f"/mall/rewards/{goods['mixed'].code}/redeem/")
    page.get_by_label("到店自提").check()
    page.get_by_label("自提门店").select_option("S1")
    page.get_by_role("button", name="兑换并支付").click()
    expect(page.get_by_role("heading", name="待付款")).to_be_visible()
    expect(page.get_by_text("剩余支付时间").first).to_be_visible()
    page.get_by_role("button", name="支付").click()
    expect(page.get_by_role("heading", name="待自提")).to_be_visible()
    expect(page.get_by_role("img", name="二维码")).to_be_visible()
    page.get_by_text("取消兑换").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_role("heading", name="已取消")).to_be_visible()


def test_staff_hand_over_what_the_phone_shows(
    page: Page, live_server: LiveServer, goods: dict[str, Reward]
) -> None:
    lin = redeeming.rich(500)
    order = redeeming.placed(lin, goods["latte"])
    staff = Client()
    staff.force_login(User.objects.create_superuser("boss"))
    cookie = staff.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    shown = handover.code_of(order, at=timezone.now())
    assert shown is not None
    page.goto("/admin/mall/redemption/scan/")
    page.locator("select[name=store]").select_option(index=1)
    page.locator("input[name=code]").fill(shown.digits)
    page.locator("input[name=code]").press("Enter")
    expect(page.get_by_text("限时拿铁").first).to_be_visible()
    page.locator("button[name=confirmed]").click()
    expect(page.get_by_role("status")).to_contain_text(order.number)
    order.refresh_from_db()
    assert order.state == "completed"


@pytest.mark.parametrize("width", [320, 390])
def test_everything_works_without_a_script(
    browser: Browser, live_server: LiveServer, goods: dict[str, Reward], width: int
) -> None:
    lin = redeeming.rich(1000)
    redeeming.address(lin)
    with no_script(browser, live_server, width) as page:
        cast.arrive(page, lin, live_server)
        page.goto("/mall/rewards/")
        page.get_by_text("筛选与排序").click()
        page.get_by_label("积分从").fill("100")
        page.get_by_role("button", name="查看").click()
        expect(page.get_by_text("绝版徽章")).to_have_count(0)
        page.get_by_role("link", name="帆布袋").click()
        page.get_by_role("button", name="立即兑换").click()
        page.get_by_label("到店自提").check()
        page.get_by_role("button", name="更新").click()
        page.get_by_label("自提门店").select_option("S1")
        page.get_by_role("button", name="确认兑换").click()
        expect(page.get_by_text("兑换成功")).to_be_visible()
        width_seen = page.evaluate("document.documentElement.scrollWidth")
        assert width_seen <= width


def test_no_page_scrolls_sideways_or_has_small_targets(
    browser: Browser, live_server: LiveServer, goods: dict[str, Reward]
) -> None:
    lin = redeeming.rich(3000)
    home = redeeming.address(lin)
    orders = [
        redeeming.placed(lin, goods["bag"], delivery="ship", address_id=home.pk),
        redeeming.placed(lin, goods["latte"]),
        redeeming.placed(lin, goods["card"]),
        redeeming.placed(
            lin, goods["mixed"], delivery="pick_up", pick_up_store_id=redeeming.shop().pk
        ),
    ]
    addresses = ["/mall/", "/mall/rewards/", "/mall/rewards/?q=无", "/mall/wishes/"]
    addresses += ["/mall/orders/", "/mall/orders/?tab=cancelled"]
    addresses += [f"/mall/rewards/{reward.code}/" for reward in goods.values()]
    addresses += [f"/mall/rewards/{reward.code}/redeem/" for reward in goods.values()]
    addresses += [f"/mall/orders/{order.number}/" for order in orders]
    context = browser.new_context(base_url=live_server.url, locale="zh-CN")
    page = context.new_page()
    cast.arrive(page, lin, live_server)
    for scheme, width in (("light", 320), ("dark", 390), ("light", 1280)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": 800})
        for address in addresses:
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            assert page.evaluate(_TARGETS) == [], address
            assert page.evaluate(_CONTRAST) == [], address
            assert page.evaluate(_UNNAMED) == [], address
            assert page.locator("h1").count() == 1, address
    context.close()
