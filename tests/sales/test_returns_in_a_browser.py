"""What is held and what a return gives back, in a real Chromium."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from members.models import Member
from sales.models import Receipt
from sales.policies.receipts import MemberRef, ReceiptInput
from sales.services import intake
from stores.models import Store
from tests import cast
from tests.mall.making import issued, template
from tests.sales.conftest import publish
from tests.sales.paying import allow, hold, line
from tests.test_pages_in_a_browser import _CONTRAST, _TARGETS, _UNNAMED

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEA, CUP = line("TEA", "198.5", "3"), line("CUP", "88")


@pytest.fixture
def pages() -> tuple[Member, list[str]]:
    """A member who paid with a coupon and points of two lots, and brought part of it back."""
    now = timezone.now()
    publish(starts_at=now - timedelta(days=100))
    allow()
    store = Store.objects.create(code="XH", name="西湖银泰城旗舰店（二层中庭）")
    person = cast.member()
    cast.earned(person, 1_500, at=now - timedelta(days=30), expires_at=now + timedelta(days=40))
    cast.earned(person, 9_000, at=now - timedelta(days=9))
    coupon = issued(person, template(), at=now)
    hold(store, "20261122-0031", person, TEA, CUP, now=now, codes=(coupon.code,), points=4_000)
    for number, kind, lines in (("20261122-0031", "sale", [TEA, CUP]), ("R-1", "return", [TEA])):
        receipt = ReceiptInput(
            number=number,
            kind=kind,
            occurred_at=now,
            lines=lines,
            member=MemberRef("number", person.number),
            original_number="" if kind == "sale" else "20261122-0031",
        )
        intake.record_one(store=store, receipt=receipt, source="api", actor="t", now=now)
    hold(store, "20261122-0032", person, CUP, now=now, points=500)
    slip = Receipt.objects.get(kind="return").pk
    return person, ["/returns/", f"/returns/{slip}/", "/points/held/"]


def test_from_the_ledger_to_the_slip(
    phone: Page, live_server: LiveServer, pages: tuple[Member, list[str]]
) -> None:
    cast.arrive(phone, pages[0], live_server)
    phone.goto(f"{live_server.url}/points/")

    phone.locator("a.row", has_text="返还").first.click()
    phone.get_by_role("link", name="退货积分单 R-1").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("退货积分单")
    expect(phone.get_by_text("应退金额")).to_be_visible()
    phone.goto(f"{live_server.url}/me/")
    phone.get_by_role("link", name="退货").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("我的退货")
    phone.goto(f"{live_server.url}/")
    phone.locator('a[href="/points/held/"]').click()
    expect(phone.get_by_text("20261122-0032")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_held_to_what_all_pages_are(
    phone: Page, live_server: LiveServer, pages: tuple[Member, list[str]], scheme: str
) -> None:
    cast.arrive(phone, pages[0], live_server)
    phone.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in pages[1]:
        phone.goto(live_server.url + address)
        assert phone.locator("h1").count() == 1
        assert phone.evaluate(_UNNAMED) == []
        assert phone.evaluate(_TARGETS) == []
        assert phone.evaluate(_CONTRAST) == []


def test_nothing_scrolls_sideways_at_320(
    browser: Browser, live_server: LiveServer, pages: tuple[Member, list[str]]
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=True)
    narrow = context.new_page()
    cast.arrive(narrow, pages[0], live_server)
    for address in pages[1]:
        narrow.goto(live_server.url + address)
        assert narrow.evaluate("document.documentElement.scrollWidth") == 320
    context.close()


def test_on_paper_the_slip_stands_alone(
    desktop: Page, live_server: LiveServer, pages: tuple[Member, list[str]]
) -> None:
    cast.arrive(desktop, pages[0], live_server)
    desktop.goto(live_server.url + pages[1][1])
    desktop.emulate_media(media="print")

    expect(desktop.get_by_text("应退金额")).to_be_visible()
    expect(desktop.locator(".tabs")).to_be_hidden()
    expect(desktop.locator(".no-print")).to_be_hidden()
