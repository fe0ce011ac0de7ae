"""Coupons in the back office: templates, giving, codes, making void, and who may."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import roles
from mall.models import Coupon, CouponBatch, CouponCode, CouponGrant, CouponTemplate
from mall.services import coupon_claims
from members.models import Segment
from tests import cast
from tests.mall.making import issued, person, shop, template

pytestmark = pytest.mark.django_db
TEMPLATES = "/admin/mall/coupontemplate/"
COUPONS = "/admin/mall/coupon/"
NOW = timezone.now()


@pytest.fixture
def boss() -> Client:
    return staff("运营")


def staff(role: str) -> Client:
    roles.ensure()
    user = User.objects.create_user(role, password="x", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def form(**more: Any) -> dict[str, Any]:
    content = {
        "code": "hundred",
        "name": "满百减二十",
        "kind": "threshold",
        "amount": "20",
        "threshold": "100",
        "days": "30",
        "exchange_quantity": "1",
        "stacking": "alone",
        "on_return": "given_back",
        "is_on": "on",
        "with_points": "on",
        "skus": "a, b\nc",
        "store_ids": [str(shop().pk)],
    }
    return content | more


def test_a_template_is_made_changed_and_its_history_told(boss: Client) -> None:
    answer = boss.post(f"{TEMPLATES}add/", form())
    assert answer.status_code == 302
    row = CouponTemplate.objects.get()
    assert (row.skus, row.store_ids, row.is_on) == (["a", "b", "c"], [shop().pk], True)
    answer = boss.post(f"{TEMPLATES}{row.pk}/change/", form(amount="25", code="other"))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (int(row.amount), row.code) == (25, "hundred")
    assert [list(one.values) for one in row.changes.order_by("pk")][1] == ["amount"]
    page = boss.get(f"{TEMPLATES}{row.pk}/change/").content.decode()
    assert "¥25 off from ¥100." in page
    assert 'lang="zh-hans"' in page
    assert LogEntry.objects.count() == 2
    assert boss.post(f"{TEMPLATES}{row.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"amount": "200"}, "It would take off more than the goods must cost."),
        ({"amount": ""}, "A coupon of this kind needs this value."),
        ({"days": ""}, "Give either an end or a number of days."),
        ({"amount": "1e309"}, "no more than 10 digits"),
        ({"quantity": "-1"}, "greater than or equal to 0"),
        ({"quantity": str(2**63)}, "less than or equal to"),
        ({"public_code": "a"}, "A public code has at least four letters or digits."),
        ({"kind": "nonsense"}, "not one of the available choices"),
        ({"skus": "x" * 65}, "At most 500 article numbers"),
        ({"store_ids": ["x"]}, "x"),
    ],
)
def test_what_cannot_be_kept_is_told_at_its_field(
    boss: Client, values: dict[str, Any], words: str
) -> None:
    answer = boss.post(f"{TEMPLATES}add/", form(**values))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert CouponTemplate.objects.count() == 0


def test_the_sentences_follow_the_form(boss: Client) -> None:
    told = boss.post(f"{TEMPLATES}sentences/", form(amount="7")).content.decode()
    assert "¥7 off from ¥100." in told
    half = boss.post(f"{TEMPLATES}sentences/", {"kind": "cash"})
    assert half.status_code == 200
    assert boss.get(f"{TEMPLATES}sentences/").status_code == 405
    assert staff("财务").post(f"{TEMPLATES}sentences/", form()).status_code == 403


def test_giving_to_a_member_happens_once(boss: Client) -> None:
    row, owner = template(), cast.member()
    content = {"member": "138 0013 8000", "quantity": "2", "key": "k1"}
    for _time in range(2):
        assert boss.post(f"{TEMPLATES}{row.pk}/give/", content).status_code == 302
    assert Coupon.objects.filter(member=owner).count() == 2
    refused = boss.post(f"{TEMPLATES}{row.pk}/give/", content | {"member": "nobody"})
    assert "There is no such member." in refused.content.decode()
    CouponTemplate.objects.update(is_on=False)
    refused = boss.post(f"{TEMPLATES}{row.pk}/give/", content | {"key": "k2"})
    assert "not issued at present" in refused.content.decode()


def test_giving_to_a_segment_waits_for_the_job(boss: Client) -> None:
    row = template()
    Segment.objects.create(code="mine", name="我的", kind="list", created_at=NOW)
    content = {"segment": "mine", "reason": "店庆"}
    assert boss.post(f"{TEMPLATES}{row.pk}/give-segment/", content).status_code == 302
    grant = CouponGrant.objects.get()
    assert (grant.segment, grant.state) == ("mine", "waiting")
    assert boss.get("/admin/mall/coupongrant/").status_code == 200
    assert boss.post(f"/admin/mall/coupongrant/{grant.pk}/stop/").status_code == 302
    grant.refresh_from_db()
    assert grant.state == "stopped"


def test_codes_are_told_once_and_work(boss: Client) -> None:
    row = template()
    answer = boss.post(f"{TEMPLATES}{row.pk}/codes/", {"size": "3", "note": "传单"})
    rows = list(csv.reader(StringIO(answer.content.decode())))
    assert (rows[0], len(rows)) == (["code"], 4)
    assert "no-store" in answer["Cache-Control"]
    assert CouponCode.objects.count() == 3
    batch = CouponBatch.objects.get()
    assert boss.post(f"/admin/mall/couponbatch/{batch.pk}/stop/").status_code == 302
    assert boss.get("/admin/mall/couponbatch/").status_code == 200
    batch.refresh_from_db()
    assert batch.is_stopped
    for size in ("0", "10001", "x"):
        assert boss.post(f"{TEMPLATES}{row.pk}/codes/", {"size": size}).status_code == 200
    assert CouponBatch.objects.count() == 1


def test_a_coupon_is_found_and_made_void_with_a_reason(boss: Client) -> None:
    owner = cast.member()
    coupon, other = issued(owner, at=NOW), issued(person(), at=NOW)
    for text in (coupon.grouped_code, f"#{coupon.pk}", "13800138000", owner.number):
        page = boss.get(COUPONS, {"q": text}).content.decode()
        assert str(coupon) in page
        assert str(other) not in page
        assert coupon.code not in page.replace(text, "")
    assert boss.get(COUPONS, {"q": "#9" * 30}).status_code == 200
    assert boss.post(f"{COUPONS}{coupon.pk}/void/", {"reason": ""}).status_code == 200
    assert boss.post(f"{COUPONS}{coupon.pk}/void/", {"reason": "印错"}).status_code == 302
    coupon.refresh_from_db()
    assert coupon.state == "void"
    assert "印错" in boss.get(f"{COUPONS}{coupon.pk}/change/").content.decode()
    assert LogEntry.objects.filter(change_message__contains="印错").count() == 1


def test_who_may() -> None:
    row, coupon = template(), issued(person(), at=NOW)
    finance, support, cashier = staff("财务"), staff("客服"), staff("收银")
    assert finance.get(TEMPLATES).status_code == 200
    assert finance.get(f"{TEMPLATES}add/").status_code == 403
    assert finance.post(f"{COUPONS}{coupon.pk}/void/", {"reason": "x"}).status_code == 403
    assert support.get(f"{COUPONS}{coupon.pk}/void/").status_code == 200
    assert support.post(f"{TEMPLATES}{row.pk}/codes/", {"size": "1"}).status_code == 403
    assert support.get(f"{TEMPLATES}{row.pk}/give/").status_code == 200
    assert cashier.get(COUPONS).status_code == 403


@pytest.mark.parametrize("path", [TEMPLATES, COUPONS, "/admin/mall/couponbatch/"])
def test_lists_take_the_same_queries_for_one_and_three(boss: Client, path: str) -> None:
    def add() -> None:
        row = template(kind="exchange", exchange_sku="latte", categories=["x"])
        issued(person(), row, at=NOW)
        coupon_claims.make_batch(template_id=row.pk, size=2, note="", actor="s", at=NOW)

    counts = []
    for more in (1, 2):
        for _time in range(more):
            add()
        boss.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
