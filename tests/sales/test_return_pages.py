"""Return slips for members and staff, what is held, and the back office of points as money."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import RulebookEdition
from members.models import Member
from members.selectors import personal_data
from members.services import merging
from sales.models import Checkout, CheckoutSettings, Receipt
from stores.models import Category, Store
from tests.cast import browser_of, program_of
from tests.sales.conftest import NOON, back, publish, take_one
from tests.sales.paying import allow, bought, give, hold, line

pytestmark = pytest.mark.django_db
TEA, CUP = line("TEA", "60", "3"), line("CUP", "40")
BASKET = [TEA, CUP]


@pytest.fixture(autouse=True)
def _world(store: Store, lin: Member) -> object:
    with time_machine.travel(NOON, tick=False):
        publish()
        allow()
        give(lin, 5_000)
        yield


@pytest.fixture
def returned(store: Store, lin: Member) -> Receipt:
    hold(store, "S", lin, *BASKET, points=3_000)
    take_one(store, bought("S", BASKET))
    take_one(store, back("R", "S", CUP))
    return Receipt.objects.get(number="R")


def staff(*rights: str) -> Client:
    user = User.objects.create_user("ops", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_a_member_reads_the_slip_and_finds_it_from_the_entry(
    returned: Receipt, lin: Member
) -> None:
    browser = browser_of(lin)

    listed = browser.get("/returns/").content.decode()
    page = browser.get(f"/returns/{returned.pk}/").content.decode()

    assert f"/returns/{returned.pk}/" in listed
    for told in ("退货积分单", "+1,172", "+1,200", "−28", "¥12.00", "¥28.00", "2027-03-02"):
        assert told in page
    entries = [link for link in page.split('"') if link.startswith("/points/entries/")]
    assert len(entries) == 2
    for entry in entries:
        assert f"/returns/{returned.pk}/" in browser.get(entry).content.decode()


def test_a_slip_is_its_members_alone(returned: Receipt, chen: Member) -> None:
    assert browser_of(chen).get(f"/returns/{returned.pk}/").status_code == 404
    assert Client().get(f"/returns/{returned.pk}/").status_code == 302
    sale = Receipt.objects.get(number="S")
    assert browser_of(chen).get(f"/returns/{sale.pk}/").status_code == 404


def test_a_mini_program_reads_the_same(returned: Receipt, lin: Member, chen: Member) -> None:
    phone = program_of(lin)

    listed = phone.get("/api/v1/me/returns").json()
    detail = phone.get(f"/api/v1/me/returns/{returned.pk}").json()

    assert [one["number"] for one in listed["results"]] == ["R"]
    assert (detail["slip"]["net"], detail["slip"]["to_refund"]) == (1_172, "28.00")
    assert program_of(chen).get(f"/api/v1/me/returns/{returned.pk}").status_code == 404
    assert phone.get("/api/v1/me/returns?cursor=99999").status_code == 404
    assert phone.get("/api/v1/me/returns?cursor=x").status_code == 400


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "999999"])
def test_a_made_up_place_in_the_list_is_not_found(lin: Member, before: str) -> None:
    assert browser_of(lin).get(f"/returns/?before={before}").status_code == 404


def test_the_list_goes_on_and_costs_the_same(store: Store, lin: Member) -> None:
    browser = browser_of(lin)
    take_one(store, bought("S", [line("X", "100", "30")]))
    counts = []
    for n in range(23):
        take_one(store, back(f"R{n}", "S", line("X", "1"), at=NOON + timedelta(minutes=n)))
        if n in (0, 2):
            with CaptureQueriesContext(connection) as seen:
                browser.get("/returns/")
            counts.append(len(seen))

    assert counts[0] == counts[1] == 3
    first = browser.get("/returns/").content.decode()
    assert (first.count("R22"), first.count("/returns/")) == (1, 20)
    older = first.split("?before=")[1].split('"')[0]
    second = browser.get(f"/returns/?before={older}").content.decode()
    assert ">R2<" not in second
    assert second.count('settings__row" href="/returns/') == 3


def test_what_is_held_is_shown_with_its_order(store: Store, lin: Member) -> None:
    hold(store, "A1", lin, *BASKET, points=700)
    browser = browser_of(lin)

    assert "/points/held/" in browser.get("/").content.decode()
    page = browser.get("/points/held/").content.decode()
    for told in ("A1", "¥7.00", "西湖店", "12:30"):
        assert told in page
    with time_machine.travel(NOON + timedelta(minutes=31), tick=False):
        later = browser.get("/points/held/").content.decode()
    assert "A1" not in later


def test_staff_print_the_same_slip(returned: Receipt) -> None:
    client = staff("view_receipt")

    page = client.get(f"/admin/sales/receipt/{returned.pk}/slip/").content.decode()
    detail = client.get(f"/admin/sales/receipt/{returned.pk}/change/").content.decode()

    assert "+1,172" in page
    assert f"/admin/sales/receipt/{returned.pk}/slip/" in detail
    assert "¥28.00" in detail
    sale = Receipt.objects.get(number="S")
    assert client.get(f"/admin/sales/receipt/{sale.pk}/slip/").status_code in (403, 404)


def test_staff_look_at_checkouts_and_change_nothing(store: Store, lin: Member) -> None:
    held = hold(store, "A1", lin, *BASKET, points=700).checkout
    client = staff("view_checkout")

    listed = client.get("/admin/sales/checkout/?q=A1").content.decode()
    page = client.get(f"/admin/sales/checkout/{held.pk}/change/").content.decode()

    assert "A1" in listed
    for told in ("TEA", "¥7.00", "420"):
        assert told in page
    assert client.post(f"/admin/sales/checkout/{held.pk}/change/", {}).status_code == 403
    assert client.get("/admin/sales/checkout/add/").status_code == 403
    other = Client()
    other.force_login(User.objects.create_user("x", is_staff=True))
    assert other.get("/admin/sales/checkout/").status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_checkouts_costs_the_same(store: Store, lin: Member, rows: int) -> None:
    for n in range(rows):
        hold(store, f"A{n}", lin, *BASKET, points=100)
    client = staff("view_checkout")
    client.get("/admin/sales/checkout/")

    with CaptureQueriesContext(connection) as seen:
        client.get("/admin/sales/checkout/")

    assert len([q for q in seen if "sales_checkout" in q["sql"]]) == 2


def form(**values: Any) -> dict[str, Any]:
    usual = {
        "is_on": "on",
        "points_min": "100",
        "points_step": "100",
        "order_min": "0",
        "order_cap": "",
        "order_share": "50",
        "balance_share": "40",
        "excluded_category": ["wine"],
        "excluded_label": "Special, 清仓",
        "excluded_sku": "A1\nA2",
    }
    return usual | values


def test_the_merchant_sets_points_as_money_without_code() -> None:
    Category.objects.create(code="wine", name="酒")
    client = staff("view_checkoutsettings", "change_checkoutsettings")
    editions = RulebookEdition.objects.count()
    assert client.get("/admin/sales/checkoutsettings/").status_code == 302

    answer = client.post("/admin/sales/checkoutsettings/1/change/", form())

    assert answer.status_code == 302
    row = CheckoutSettings.objects.get()
    assert (row.order_share, row.balance_share, row.order_cap) == (50, 40, None)
    assert row.excluded == {"category": ["wine"], "label": ["special", "清仓"], "sku": ["A1", "A2"]}
    assert LogEntry.objects.count() == 1
    assert RulebookEdition.objects.count() > editions
    page = client.get("/admin/sales/checkoutsettings/1/change/").content.decode()
    assert "special, 清仓" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_share": "101"},
        {"order_share": "0"},
        {"balance_share": "-5"},
        {"points_step": "0"},
        {"order_cap": "0"},
        {"order_min": "1e309"},
        {"points_min": str(2**80)},
        {"excluded_category": ["no-such"]},
        {"excluded_label": "x" * 99},
    ],
)
def test_settings_that_make_no_sense_are_not_saved(wrong: dict[str, Any]) -> None:
    Category.objects.create(code="wine", name="酒")
    client = staff("view_checkoutsettings", "change_checkoutsettings")

    answer = client.post("/admin/sales/checkoutsettings/1/change/", form(**wrong))

    assert answer.status_code == 200
    assert CheckoutSettings.objects.get().order_share is None


def test_whoever_may_only_look_sees_the_settings() -> None:
    client = staff("view_checkoutsettings")

    assert client.get("/admin/sales/checkoutsettings/1/change/").status_code == 200
    assert client.post("/admin/sales/checkoutsettings/1/change/", form()).status_code == 403


def test_checkouts_follow_a_merge_and_are_in_the_copy_of_ones_data(
    store: Store, lin: Member, chen: Member
) -> None:
    hold(store, "S", lin, *BASKET, points=3_000)
    take_one(store, bought("S", BASKET))
    merging.merge(kept_id=chen.pk, gone_id=lin.pk, actor="t", at=NOON)

    assert Checkout.objects.get().member_id == chen.pk
    section = next(one for one in personal_data.sections() if one.name == "checkouts")
    found = list(section.rows([chen.pk], NOON))
    assert [(row[2], row[3], row[7]) for row in found] == [("S", "captured", 3_000)]
