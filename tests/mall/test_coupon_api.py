"""Coupons at the API: a till's whole purchase, a member's wallet, and nonsense."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mall.models import Coupon, CouponUse
from mall.services import coupon_guesses
from members.models import Member
from stores.models import Article, Category
from stores.services import api_keys
from tests import cast
from tests.mall.making import issued, shop, template

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def till(code: str = "xihu") -> Client:
    secret = api_keys.issue(store=shop(code), name="till", now=NOW).secret
    return Client(headers={"X-Api-Key": secret, "Accept-Language": "en"})


@pytest.fixture
def lin() -> Member:
    return cast.member()


def post(client: Client, path: str, content: Any) -> Any:
    return client.post(f"/api/v1/{path}", json.dumps(content), content_type="application/json")


def lines(*amounts: str) -> list[dict[str, Any]]:
    return [{"line_no": n, "sku": f"s{n}", "amount": a} for n, a in enumerate(amounts, 1)]


def test_a_purchase_from_quote_to_return(lin: Member) -> None:
    machine, coupon = till(), issued(lin, template(amount=Decimal(5)), at=NOW)
    basket = {"member_phone": "13800138000", "lines": lines("20", "10.00")}
    told = post(machine, "coupons/quote", basket | {"codes": [coupon.grouped_code]}).json()
    shares = [{"line_no": 1, "yuan": "3.33"}, {"line_no": 2, "yuan": "1.67"}]
    assert (told["yuan"], told["discounts"][0]["lines"]) == ("5.00", shares)
    assert post(machine, "coupons/quote", basket).json()["discounts"] == told["discounts"]

    order = {"order": "A-1"}
    asked = basket | order | {"codes": [coupon.code]}
    held = post(machine, "coupons/lock", asked)
    assert (held.status_code, held.json()["state"]) == (200, "locked")
    assert post(machine, "coupons/lock", asked).json() == held.json()
    other = post(machine, "coupons/lock", asked | {"lines": lines("31")})
    assert (other.status_code, other.json()["code"]) == (409, "coupon_order_conflict")
    used = post(machine, "coupons/use", order).json()
    assert (used["state"], used["yuan"]) == ("used", "5.00")
    assert post(machine, "coupons/use", order).json() == used
    assert post(machine, "coupons/lock", asked).json()["state"] == "used"
    assert post(machine, "coupons/release", order).json()["code"] == "coupon_used"
    back = post(machine, "coupons/return", order).json()
    assert [one["is_given_back"] for one in back["coupons"]] == [True]
    assert post(machine, "coupons/return", order).json() == back
    assert Coupon.objects.get().state == "open"


def test_orders_of_two_stores_do_not_meet(lin: Member) -> None:
    coupon = issued(lin, at=NOW)
    asked = {
        "member_number": lin.number,
        "lines": lines("20"),
        "order": "A-1",
        "codes": [coupon.code],
    }
    assert post(till("xihu"), "coupons/lock", asked).status_code == 200
    other = post(till("binjiang"), "coupons/use", {"order": "A-1"})
    assert (other.status_code, other.json()["code"]) == (404, "coupon_order_unknown")
    taken = post(till("binjiang"), "coupons/lock", asked)
    assert (taken.status_code, taken.json()["code"]) == (409, "coupon_locked")
    assert post(till("xihu"), "coupons/release", {"order": "A-1"}).json()["state"] == "released"
    assert post(till("binjiang"), "coupons/release", {"order": "none"}).status_code == 200


def test_the_scope_is_judged_by_what_we_know_of_articles(lin: Member) -> None:
    drinks = Category.objects.create(code="drinks", name="饮品")
    tea = Category.objects.create(code="tea", name="茶", parent=drinks)
    Article.objects.create(sku="oolong", name="乌龙", category=tea)
    Article.objects.create(sku="sale", name="特价", category=tea, labels=["special"])
    coupon = issued(lin, template(categories=["drinks"], excluded_labels=["special"]), at=NOW)
    basket = [
        {"line_no": 1, "sku": "oolong", "amount": "20"},
        {"line_no": 2, "sku": "sale", "amount": "20"},
        {"line_no": 3, "sku": "new", "category": "tea", "amount": "20"},
        {"line_no": 4, "sku": "cake", "amount": "20"},
    ]
    asked = {"member_number": lin.number, "lines": basket, "codes": [coupon.code]}
    told = post(till(), "coupons/quote", asked).json()
    assert [one["line_no"] for one in told["discounts"][0]["lines"]] == [1, 3]


def test_look_up_tells_state_and_reason_and_limits_guesses(lin: Member) -> None:
    machine, coupon = till(), issued(lin, template(store_ids=[0]), at=NOW)
    found = post(machine, "coupons/look-up", {"code": coupon.code}).json()
    assert (found["status"], found["reason"]) == ("open", "coupon_wrong_store")
    assert found["member_number"] == lin.masked_number
    for _guess in range(coupon_guesses.STORE_GUESSES_PER_HOUR):
        assert post(machine, "coupons/look-up", {"code": "wrong"}).status_code == 404
    refused = post(machine, "coupons/look-up", {"code": coupon.code})
    assert (refused.status_code, refused.json()["code"]) == (429, "coupon_guesses_used_up")
    asked = {"member_number": lin.number, "lines": lines("9"), "codes": ["wrong"]}
    assert post(machine, "coupons/quote", asked).status_code == 429
    assert post(till("binjiang"), "coupons/quote", asked).json()["refusals"] == [
        {"coupon": "wrong", "code": "coupon_unknown", "message": "There is no such coupon."}
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lines": []}, "lines"),
        ({"lines": lines("-1")}, "lines[0].amount"),
        ({"lines": lines("1e309")}, "lines[0].amount"),
        ({"lines": lines("NaN")}, "lines[0].amount"),
        ({"lines": lines("0.001")}, "lines[0].amount"),
        ({"lines": [*lines("1"), *lines("1")]}, "lines"),
        ({"lines": [{"line_no": 2**63, "amount": "1"}]}, "lines[0].line_no"),
        ({"lines": [{"line_no": 1, "amount": "1", "quantity": "0"}]}, "lines[0].quantity"),
        ({"codes": []}, "codes"),
        ({"codes": ["x"] * 21}, "codes"),
        ({"order": ""}, "order"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 10**9}, "minutes"),
        ({"member_number": None}, "member_number"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_nonsense_is_refused_and_takes_nothing(
    lin: Member, change: dict[str, Any], field: str
) -> None:
    coupon = issued(lin, at=NOW)
    asked = {"member_number": lin.number, "order": "A", "codes": [coupon.code], "lines": lines("9")}
    answer = post(till(), "coupons/lock", asked | change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert (Coupon.objects.get().state, CouponUse.objects.count()) == ("open", 0)


def test_nobody_else_may(lin: Member) -> None:
    assert post(Client(), "coupons/quote", {}).status_code == 401
    assert post(cast.program_of(lin), "coupons/quote", {}).status_code in (401, 403)
    assert till().get("/api/v1/me/coupons").status_code in (401, 403)


def test_an_unknown_member_and_a_strange_order(lin: Member) -> None:
    asked: dict[str, Any] = {"member_number": "nobody", "lines": lines("9")}
    answer = post(till(), "coupons/quote", asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "member_unknown")
    answer = post(till(), "coupons/use", {"order": "\u0000"})
    assert answer.status_code == 400


def test_the_wallet_by_state_page_by_page(lin: Member) -> None:
    rows = [issued(lin, template(name=f"券{n}", days=n + 1), at=NOW) for n in range(3)]
    issued(lin, template(days=1), at=NOW - timedelta(days=9))
    issued(cast.member("13900139000", "周可"), at=NOW)
    client = cast.program_of(lin)
    first = client.get("/api/v1/me/coupons", {"page_size": 2}).json()
    assert [one["id"] for one in first["results"]] == [rows[0].pk, rows[1].pk]
    second = client.get("/api/v1/me/coupons", {"page_size": 2, "page": first["next_page"]}).json()
    assert ([one["id"] for one in second["results"]], second["next_page"]) == ([rows[2].pk], None)
    lapsed = client.get("/api/v1/me/coupons", {"state": "expired"}).json()["results"]
    assert [one["status"] for one in lapsed] == ["expired"]
    one = client.get(f"/api/v1/me/coupons/{rows[0].pk}").json()
    assert (one["figure"], one["code"]) == ("¥5", rows[0].grouped_code)
    foreign = Coupon.objects.exclude(member=lin).get()
    assert client.get(f"/api/v1/me/coupons/{foreign.pk}").status_code == 404
    assert client.get("/api/v1/me/coupons", {"state": "x"}).status_code == 400


def test_claiming_by_api(lin: Member) -> None:
    template(public_code="SPRING")
    client = cast.program_of(lin)
    first = post(client, "me/coupons/claim", {"code": "spring"})
    assert (first.status_code, first.json()["is_new"]) == (201, True)
    again = post(client, "me/coupons/claim", {"code": "spring"})
    assert (again.status_code, again.json()["coupon"]) == (200, first.json()["coupon"])
    wrong = post(client, "me/coupons/claim", {"code": "autumn"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "claim_code_wrong")
