"""The coupon wallet in a browser, without JavaScript."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mall.models import Coupon
from mall.services import coupons
from members.models import Member
from tests import cast
from tests.mall.making import basket, issued, shop, template

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


@pytest.fixture
def lin() -> Member:
    return cast.member()


def english(person: Member) -> Client:
    client = cast.browser_of(person)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def page(client: Client, path: str = "", **query: Any) -> str:
    answer = client.get(f"/coupons/{path}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_tabs_show_what_is_in_them(lin: Member) -> None:
    client = english(lin)
    assert "No coupon to use" in page(client)
    soon = issued(lin, template(name_en="Soon", days=1), at=NOW - timedelta(hours=20))
    issued(lin, template(name_en="Long", days=90), at=NOW)
    used = issued(lin, template(name_en="Gone", amount=Decimal(8)), at=NOW)
    issued(lin, template(name_en="Late", days=1), at=NOW - timedelta(days=9))
    issued(cast.member("13900139000", "周可"), template(name_en="Theirs"), at=NOW)
    order: dict[str, Any] = {"store_id": shop().pk, "order": "A-1", "actor": "t", "at": NOW}
    coupons.lock(
        member_id=lin.pk,
        lines=basket("20"),
        codes=[used.code],
        until=NOW + timedelta(hours=1),
        **order,
    )
    assert "Held by a purchase under way" in page(client)
    coupons.use(**order)
    shown = page(client)
    assert "Soon" in shown
    assert "Long" in shown
    assert not any(name in shown for name in ("Gone", "Late", "Theirs"))
    assert "Lapses within" in shown
    assert shown.count("Lapses within") == 1
    assert "saved ¥8.00" in page(client, show="used")
    assert "Late" in page(client, show="expired")
    detail = page(client, f"{soon.pk}/")
    assert "QR code of the coupon" in detail
    assert all(group in detail for group in soon.grouped_code.split("-"))
    assert "QR code of the coupon" not in page(client, f"{used.pk}/")


def test_somebody_elses_coupon_is_not_there(lin: Member) -> None:
    theirs = issued(cast.member("13900139000", "周可"), at=NOW)
    assert english(lin).get(f"/coupons/{theirs.pk}/").status_code == 404
    assert english(lin).get("/coupons/", {"show": "nonsense"}).status_code == 404
    assert english(lin).get("/coupons/", {"page": "0"}).status_code == 404
    assert Client().get("/coupons/").status_code == 302


def test_claiming_leads_to_the_coupon_and_a_wrong_code_stays(lin: Member) -> None:
    template(public_code="SPRING", name_en="Spring")
    client = english(lin)
    for told in ("The coupon is yours.", "You have claimed this coupon before."):
        answer = client.post("/coupons/claim/", {"code": "spring"}, follow=True)
        assert told in answer.content.decode()
    assert Coupon.objects.count() == 1
    wrong = client.post("/coupons/claim/", {"code": "<b>"})
    assert wrong.status_code == 422
    assert "This code gives no coupon." in wrong.content.decode()
    assert client.post("/coupons/claim/", {}).status_code == 422


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_takes_the_same_queries_for_one_and_three(lin: Member, number: int) -> None:
    for _nth in range(number):
        issued(lin, template(store_ids=[shop().pk]), at=NOW)
    client = english(lin)
    page(client)
    with CaptureQueriesContext(connection) as queries:
        page(client)
    assert len(queries) == 5
