"""Coupons in a real Chromium: claim with a code, show it at the till, find it among the used."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from mall.models import Coupon, CouponTemplate
from mall.services import coupons
from tests import cast
from tests.mall.making import basket, shop, template

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_from_a_leaflet_to_the_till(
    width: str, request: pytest.FixtureRequest, live_server: LiveServer
) -> None:
    page: Page = request.getfixturevalue(width)
    template(name="开业五元券", public_code="OPENING5")
    lin = cast.member()
    cast.arrive(page, lin, live_server)
    page.goto("/me/")
    page.get_by_role("link", name="我的优惠券").click()
    expect(page.get_by_text("暂无可用优惠券")).to_be_visible()
    page.get_by_label("有领券码？").fill("opening-5")
    page.get_by_role("button", name="领取").click()
    expect(page.get_by_text("优惠券已到账。")).to_be_visible()
    expect(page.get_by_role("img", name="优惠券二维码")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    coupon, now = Coupon.objects.get(), timezone.now()
    for group in coupon.grouped_code.split("-"):
        expect(page.get_by_text(group, exact=True)).to_be_visible()
    order: dict[str, Any] = {"store_id": shop().pk, "order": "A-1", "actor": "t", "at": now}
    coupons.lock(
        member_id=lin.pk,
        lines=basket("20"),
        codes=[coupon.code],
        until=now + timedelta(minutes=5),
        **order,
    )
    coupons.use(**order)
    page.goto("/coupons/")
    expect(page.get_by_text("暂无可用优惠券")).to_be_visible()
    page.get_by_role("link", name="已用 1").click()
    expect(page.get_by_text("省了 ¥5.00")).to_be_visible()


def test_a_template_says_what_it_means_while_it_is_written(
    desktop: Page, live_server: LiveServer
) -> None:
    User.objects.create_superuser("admin", password="admin")
    desktop.goto("/admin/login/?next=/admin/mall/coupontemplate/add/")
    desktop.fill("#id_username", "admin")
    desktop.fill("#id_password", "admin")
    desktop.locator("button[type=submit]").click()
    desktop.fill("#id_name", "满百减二十")
    desktop.fill("#id_code", "hundred")
    desktop.select_option("#id_kind", "threshold")
    desktop.fill("#id_amount", "20")
    desktop.fill("#id_threshold", "100")
    desktop.fill("#id_days", "30")
    told = desktop.locator("[data-coupon-sentences]")
    expect(told).to_contain_text("满 ¥100 减 ¥20。")
    expect(told).to_contain_text("¥20 off from ¥100.")
    desktop.get_by_role("button", name="保存", exact=True).click()
    desktop.wait_for_url("**/admin/mall/coupontemplate/")
    assert CouponTemplate.objects.get().code == "hundred"
