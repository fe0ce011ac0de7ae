"""Receipts over the API."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from members.models import Member
from points.models import LedgerSettings
from sales.models import Receipt
from stores.models import Store
from stores.services import api_keys
from tests.sales.conftest import NOON, net

pytestmark = [pytest.mark.usefixtures("rule", "lin"), pytest.mark.django_db]

BODY: dict[str, Any] = {
    "number": "S-1",
    "kind": "sale",
    "occurred_at": "2026-03-02T11:00:00+08:00",
    "member_phone": "138 0013 8001",
    "lines": [
        {"sku": "TEA", "name": "龙井", "quantity": "2", "unit_price": "44.40"},
        {"sku": "BAG", "quantity": 1, "unit_price": 0},
    ],
}
Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def secret(store: Store) -> str:
    return api_keys.issue(store=store, name="till 1", now=NOON).secret


@pytest.fixture
def send(client: Client, secret: str) -> Send:
    def _send(
        body: object, *, path: str = "", key: str | None = secret, language: str = "en"
    ) -> Any:
        headers = {"accept-language": language} | ({"x-api-key": key} if key else {})
        data = body if isinstance(body, bytes) else json.dumps(body)
        return client.post(
            f"/api/v1/receipts{path}", data, content_type="application/json", headers=headers
        )

    return _send


def changed(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (BODY | fields).items() if value is not None}


@pytest.mark.parametrize(
    "named", [{"member_phone": "138 0013 8009"}, {"member_external_number": "C-9"}]
)
def test_a_till_may_make_somebody_a_member(send: Send, named: dict[str, str]) -> None:
    stranger = changed(member_phone=None, **named) if "member_phone" not in named else BODY | named
    refused = send(stranger)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_member")
    assert refused.json()["field"] == next(iter(named))

    answer = send(stranger | {"create_member": True})

    assert answer.status_code == 201
    made = Member.objects.latest("pk")
    assert (made.source, net(made)) == (Member.Source.TILL, 88)


def test_a_receipt_is_answered_with_points_reason_and_balance(send: Send, lin: Member) -> None:
    answer = send(BODY)

    assert answer.status_code == 201
    assert answer.json() == {
        "number": "S-1",
        "kind": "sale",
        "state": "posted",
        "is_replay": False,
        "total": "88.8000",
        "points": 88,
        "explanation": "¥88.80 × 1 rounded down = 88, rule v1",
        "explanation_data": Receipt.objects.get().explanation,
        "fault": "",
        "shortfall": 0,
        "deduct": None,
        "slip": None,
        "balance": {"available": 88, "pending": 0, "debt": 0},
    }
    row = Receipt.objects.get()
    assert (row.source, row.actor[:4]) == ("api", "key:")
    assert net(lin) == 88


def test_the_reason_is_told_in_chinese(send: Send) -> None:
    assert (
        send(BODY, language="zh-hans").json()["explanation"] == "¥88.80 × 1 向下取整 = 88，规则 v1"
    )


def test_the_same_again_is_200_with_the_same_answer(
    send: Send, client: Client, secret: str
) -> None:
    first = send(BODY).json()
    send(changed(number="S-2"))

    again = send(changed(occurred_at="2026-03-02T03:00:00Z"))

    assert again.status_code == 200
    assert again.json() == first | {"is_replay": True}
    got = client.get("/api/v1/receipts/S-1", headers={"x-api-key": secret, "accept-language": "en"})
    why = {"rule": "basic", "name": "basic points", "points": 88, "sentence": "gave 88 points"}
    assert got.json() == again.json() | {"rules": [why]}


def test_other_content_under_the_number_is_409(send: Send) -> None:
    send(BODY)

    answer = send(changed(lines=[{"sku": "TEA", "quantity": 1, "unit_price": "1"}]))

    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_number")
    assert answer.json()["field"] == "number"


def test_a_time_without_an_offset_is_the_stores_own(send: Send, store: Store) -> None:
    store.time_zone = "Asia/Tokyo"
    store.save()

    send(changed(occurred_at="2026-03-02T11:00:00"))

    assert Receipt.objects.get().occurred_at.isoformat() == "2026-03-02T02:00:00+00:00"


def test_a_return_takes_back_its_part(send: Send, lin: Member) -> None:
    send(BODY)

    answer = send(
        changed(
            number="R-1",
            kind="return",
            original_number="S-1",
            member_phone=None,
            lines=[{"sku": "TEA", "quantity": 1, "unit_price": "44.4", "sale_line_no": 1}],
        )
    )

    assert (answer.status_code, answer.json()["points"]) == (201, -44)
    assert answer.json()["explanation"] == (
        "Receipt S-1 earned 88; returned of it: line 1 88 × 1/2 = 44"
    )
    assert net(lin) == 44


@pytest.mark.parametrize(("policy", "deduct"), [("till", "0.44"), ("forgive", None)])
def test_a_return_tells_the_till_what_to_deduct(
    send: Send, client: Client, secret: str, policy: str, deduct: str | None
) -> None:
    LedgerSettings.objects.create(debt_policy=policy)
    body = changed(
        number="R-1",
        kind="return",
        lines=[{"sku": "TEA", "quantity": 1, "unit_price": "44.4"}],
    )

    first = send(body)

    assert (first.status_code, first.json()["points"]) == (201, -44)
    assert (first.json()["shortfall"], first.json()["deduct"]) == (44, deduct)
    LedgerSettings.objects.update(debt_policy="owe", points_per_yuan=1)
    assert send(body).json() == first.json() | {"is_replay": True}
    got = client.get("/api/v1/receipts/R-1", headers={"x-api-key": secret, "accept-language": "en"})
    assert got.json() == first.json() | {"is_replay": True, "rules": []}


LINE = BODY["lines"][0]


@pytest.mark.parametrize(
    ("fields", "status", "code", "field"),
    [
        ({"number": None}, 400, "invalid", "number"),
        ({"number": "x" * 65}, 400, "invalid", "number"),
        ({"number": ["x"]}, 400, "invalid", "number"),
        ({"number": "a\tb"}, 422, "unsafe_characters", "number"),
        ({"kind": "gift"}, 400, "invalid", "kind"),
        ({"occurred_at": "yesterday"}, 400, "invalid", "occurred_at"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, 422, "date_in_future", "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+08:00"}, None, None, "occurred_at"),
        ({"member_phone": "13900000000"}, 422, "unknown_member", "member_phone"),
        ({"member_number": "1"}, 400, "invalid", "member_phone"),
        ({"orginal_number": "S-1"}, 400, "invalid", "orginal_number"),
        ({"currency": "yuan"}, 400, "invalid", "currency"),
        ({"lines": []}, 400, "invalid", "lines"),
        ({"lines": "none"}, 400, "invalid", "lines"),
        ({"lines": [LINE] * 2001}, 400, "invalid", "lines"),
        ({"lines": [LINE | {"quantity": 0}]}, 422, "quantity_not_positive", "lines[0].quantity"),
        ({"lines": [LINE, LINE | {"unit_price": -1}]},
         422, "price_negative", "lines[1].unit_price"),
        ({"lines": [LINE | {"unit_price": "NaN"}]}, 400, "invalid", "lines[0].unit_price"),
        ({"lines": [LINE | {"unit_price": "1.23456"}]}, 400, "invalid", "lines[0].unit_price"),
        ({"lines": [LINE | {"quantity": True}]}, 400, "invalid", "lines[0].quantity"),
        ({"lines": [LINE | {"price": 1}]}, 400, "invalid", "lines[0].price"),
        ({"lines": [LINE | {"sku": "x" * 65}]}, 400, "invalid", "lines[0].sku"),
        ({"lines": [LINE | {"amount": "1000"}]}, 422, "amount_above_price", "lines[0].amount"),
        ({"lines": [LINE | {"kind": "service"}]}, 400, "invalid", "lines[0].kind"),
        ({"lines": [LINE, LINE | {"category": "x" * 65}]}, 400, "invalid", "lines[1].category"),
        ({"lines": [LINE, LINE | {"category": "a\tb"}]},
         422, "unsafe_characters", "lines[1].category"),
        ({"business": "x" * 33}, 400, "invalid", "business"),
        ({"business": "a\tb"}, 422, "unsafe_characters", "business"),
        ({"completed_at": "soon"}, 400, "invalid", "completed_at"),
        ({"completed_at": "2026-03-02T10:59:59+08:00"},
         422, "completed_before_sale", "completed_at"),
        ({"completed_at": "2027-04-07T00:00:00+08:00"}, 422, "completed_too_late", "completed_at"),
        ({"completed_at": "9999-12-31T23:59:59-08:00"}, None, None, "completed_at"),
        ({"kind": "return", "completed_at": "2026-03-02T11:00:00+08:00"},
         422, "not_on_return", "completed_at"),
        ({"kind": "return", "paid_by_coupon": "1"}, 422, "not_on_return", "paid_by_coupon"),
        ({"kind": "return", "paid_by_points": "1"}, 422, "not_on_return", "paid_by_points"),
        ({"paid_by_coupon": "-1"}, 422, "amount_out_of_range", "paid_by_coupon"),
        ({"paid_by_points": "1.23456"}, 400, "invalid", "paid_by_points"),
        ({"paid_by_points": None, "paid_by_coupon": "NaN"}, 400, "invalid", "paid_by_coupon"),
        ({"paid_by_coupon": "88.81"}, 422, "paid_more_than_total", "paid_by_coupon"),
        ({"paid_by_coupon": "80", "paid_by_points": "8.81"},
         422, "paid_more_than_total", "paid_by_points"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(
    send: Send, fields: dict[str, Any], status: int | None, code: str | None, field: str
) -> None:
    answer = send(changed(**fields))

    body = answer.json()
    assert body["field"] == field
    assert body["message"]
    if status is None:
        assert answer.status_code in (400, 422)
    else:
        assert (answer.status_code, body["code"]) == (status, code)
    assert Receipt.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"{",
        b'{"number": "\\u0000"}',
        b'{"number": "\\ud800"}',
        b'{"number": 1e999}',
        b"[" * 5000,
        b'{"lines": [null, 5, [], {}]}',
        b'{"a": ' * 100 + b"1" + b"}" * 100,
        b"\xff\xfe",
    ],
)
def test_no_body_breaks_the_door(send: Send, body: bytes) -> None:
    for path in ("", "/batch"):
        answer = send(body, path=path)

        assert 400 <= answer.status_code < 500
        assert answer.json()["code"]


def test_a_sale_may_say_more(send: Send) -> None:
    body = changed(
        business="餐饮",
        completed_at="2026-04-01T12:00:00",
        paid_by_coupon="0.1",
        paid_by_points="88.7",
        lines=[
            LINE | {"category": "tea"},
            {"sku": "POST", "quantity": 1, "unit_price": 0, "kind": "freight"},
        ],
    )

    assert send(body).status_code == 201
    assert send(body).json()["is_replay"]
    assert send(body | {"paid_by_coupon": "0.2", "paid_by_points": 0}).status_code == 409

    row = Receipt.objects.get()
    assert row.completed_at is not None
    assert row.completed_at.isoformat() == "2026-04-01T04:00:00+00:00"
    assert (row.business, row.paid_by_coupon, row.paid_by_points) == (
        "餐饮", Decimal("0.1"), Decimal("88.7")
    )  # fmt: skip
    lines = row.lines.order_by("line_no").values_list("kind", "category")
    assert list(lines) == [("goods", "tea"), ("freight", "")]


def test_a_return_may_say_nothing_of_these(send: Send) -> None:
    """What a till always sends, empty, is no fault; kind and category of its lines are none."""
    empty = {
        "completed_at": None,
        "paid_by_coupon": "0.00",
        "paid_by_points": 0,
        "business": "餐饮",
    }
    line = LINE | {"kind": "freight", "category": "tea"}
    body = changed(number="R-1", kind="return", lines=[line]) | empty

    assert send(body).status_code == 201
    row = Receipt.objects.get()
    assert (row.business, row.completed_at, bool(row.paid_by_coupon)) == ("餐饮", None, False)
    assert list(row.lines.values_list("kind", "category")) == [("freight", "tea")]


def test_a_missing_or_wrong_key_is_turned_away(send: Send, client: Client, secret: str) -> None:
    for key in (None, "", "wrong", secret[:-1], "jd_é_x"):
        answer = send(BODY, key=key)
        assert answer.status_code == 401, key
        assert answer["WWW-Authenticate"] == "X-Api-Key"
    assert client.get("/api/v1/receipts/S-1").status_code == 401


def test_a_store_sees_its_own_receipts_only(send: Send, client: Client) -> None:
    send(BODY)
    other = Store.objects.create(code="HZ2", name="湖滨店")
    key = api_keys.issue(store=other, name="till", now=NOON).secret

    answer = client.get("/api/v1/receipts/S-1", headers={"x-api-key": key})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_batch_takes_each_receipt_by_itself(send: Send, lin: Member) -> None:
    answer = send(
        {"receipts": [BODY, BODY, changed(number="S-2", kind="gift"), changed(number="S-3"),
                      changed(lines=[LINE | {"quantity": 1}])]},
        path="/batch",
    )  # fmt: skip

    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [result["status"] for result in results] == [201, 200, 400, 201, 409]
    assert [result["number"] for result in results] == ["S-1", "S-1", "S-2", "S-3", "S-1"]
    assert results[2]["error"]["field"] == "kind"
    assert results[0]["outcome"]["points"] == 88
    assert net(lin) == 176


@pytest.mark.parametrize("body", [{"receipts": []}, {"receipts": [BODY] * 101}, {"receipts": [7]}])
def test_a_batch_has_limits(send: Send, body: dict[str, Any]) -> None:
    assert send(body, path="/batch").status_code == 400


@pytest.mark.parametrize("lines", [1, 3])
def test_the_number_of_queries_does_not_depend_on_the_lines(
    send: Send, lines: int, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25):
        assert send(changed(lines=[LINE] * lines)).status_code == 201
