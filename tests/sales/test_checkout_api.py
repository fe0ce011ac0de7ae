"""Checkouts over the API: of a till with its store's key, of a member with a token."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from members.models import Member
from points.selectors import audit, balances
from points.services import accounts
from sales.models import Checkout
from stores.models import Store
from stores.services import api_keys
from tests.cast import program_of
from tests.sales.conftest import NOON
from tests.sales.paying import allow, give

pytestmark = [pytest.mark.usefixtures("rule", "lin"), pytest.mark.django_db]

LINES: list[dict[str, Any]] = [
    {"sku": "TEA", "quantity": "2", "unit_price": "30"},
    {"sku": "CUP", "quantity": 1, "unit_price": "40"},
]
Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def _world(lin: Member) -> object:
    with time_machine.travel(NOON, tick=False):
        give(lin, 5_000)
        allow(order_share=50)
        yield
        assert audit.run().breaches == {}


def _poster(client: Client, headers: dict[str, str]) -> Post:
    def send(path: str, body: Any = None, **more: str) -> Any:
        return client.post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers=headers | {"accept-language": "en"} | more,
        )

    return send


@pytest.fixture
def till(client: Client, store: Store) -> Post:
    secret = api_keys.issue(store=store, name="till 1", now=NOON).secret
    return _poster(client, {"x-api-key": secret})


@pytest.fixture
def phone(lin: Member) -> Post:
    return _poster(program_of(lin), {})


def basket(**fields: Any) -> dict[str, Any]:
    return {"member_phone": "138 0013 8001", "lines": LINES} | fields


def test_a_quote_says_how_much_and_why_not_more(till: Post) -> None:
    answer = till("checkouts/quote", basket())

    assert answer.status_code == 200
    told = answer.json()
    assert (told["points_most"], told["yuan_most"], told["left_to_pay"]) == (
        5_000,
        "50.0000",
        "50.0000",
    )
    assert [one["code"] for one in told["why_not_more"]] == ["order_share", "balance"]
    assert "50 %" in told["why_not_more"][0]["message"]
    assert [one["points"] for one in told["lines"]] == [3_000, 2_000]
    assert not Checkout.objects.exists()


def test_a_quote_answers_a_wish_that_cannot_be(till: Post, lin: Member) -> None:
    told = till("checkouts/quote", basket(points=6_000)).json()
    assert (told["points"], told["refused_points"]["code"]) == (0, "points_above_most")

    accounts.freeze(member_id=lin.pk, reason="查证中", reference="f", actor="t", at=NOON)
    told = till("checkouts/quote", basket()).json()
    assert [one["code"] for one in told["why_not_more"]] == ["account_frozen"]


def test_from_hold_to_receipt_and_back(till: Post, client: Client, lin: Member) -> None:
    held = till("checkouts", basket(number="A1", points=3_000))
    assert (held.status_code, held.json()["state"], held.json()["left_to_pay"]) == (
        201,
        "held",
        "70.0000",
    )
    again = till("checkouts", basket(number="A1", points=3_000))
    assert (again.status_code, again.json()) == (200, held.json() | {"is_replay": True})
    other = till("checkouts", basket(number="A1", points=2_000))
    assert (other.status_code, other.json()["code"]) == (409, "checkout_conflict")

    receipt = {
        "number": "A1",
        "kind": "sale",
        "occurred_at": "2026-03-02T12:00:00+08:00",
        "member_phone": "13800138001",
        "lines": LINES,
    }
    sold = till("receipts", receipt)
    assert (sold.status_code, sold.json()["points"]) == (201, 70)
    back = {
        **receipt,
        "number": "R1",
        "kind": "return",
        "original_number": "A1",
        "lines": [LINES[1]],
    }
    answer = till("receipts", back).json()
    slip = answer["slip"]
    assert (slip["spent_back"], slip["taken_off"], slip["net"]) == (1_200, 28, 1_172)
    assert (slip["by_points"], slip["refund"], slip["to_refund"]) == ("12.00", "28.00", "28.00")
    assert answer["balance"]["available"] == 2_000 + 70 + 1_172


def test_capture_and_release_are_safe_to_repeat(till: Post, lin: Member) -> None:
    till("checkouts", basket(number="A1"))
    assert [till("checkouts/A1/capture").json()["is_replay"] for _ in range(2)] == [False, True]
    assert [till("checkouts/A1/release").json()["state"] for _ in range(2)] == ["released"] * 2
    assert till("checkouts/A1/capture").status_code == 409
    assert till("checkouts/A9/capture").status_code == 404
    assert balances.balance(lin.pk, NOON).available == 5_000


def test_a_checkout_belongs_to_its_store(till: Post, client: Client) -> None:
    till("checkouts", basket(number="A/1"))
    other = Store.objects.create(code="SH1", name="外滩店")
    secret = api_keys.issue(store=other, name="till", now=NOON).secret
    theirs = _poster(client, {"x-api-key": secret})

    assert theirs("checkouts/A/1/capture").status_code == 404
    got = client.get("/api/v1/checkouts/A/1", headers={"x-api-key": secret})
    assert got.status_code == 404
    assert till("checkouts/A/1/capture").status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"lines": []}, 400, "invalid"),
        ({"lines": [LINES[0] | {"quantity": "0"}]}, 422, "quantity_not_positive"),
        ({"lines": [LINES[0] | {"quantity": "-1"}]}, 422, "quantity_not_positive"),
        ({"lines": [LINES[0] | {"amount": "1e309"}]}, 400, "invalid"),
        ({"points": -1}, 400, "invalid"),
        ({"points": 2**63}, 400, "invalid"),
        ({"points": 1e309}, 400, None),
        ({"points": 0}, 422, "checkout_empty"),
        ({"points": 5_001}, 422, "balance"),
        ({"member_phone": "13900000000"}, 422, "unknown_member"),
        ({"member_phone": None}, 400, "invalid"),
        ({"number": ""}, 400, "invalid"),
        ({"number": "A\u0000"}, 400, None),
        ({"coupons": ["NO-SUCH-COUPON"]}, None, None),
        ({"surprise": 1}, 400, "invalid"),
    ],
)
def test_nonsense_has_a_code_and_takes_nothing(
    till: Post, lin: Member, fields: dict[str, Any], status: int | None, code: str | None
) -> None:
    body = {k: v for k, v in basket(**({"number": "A1"} | fields)).items() if v is not None}

    answer = till("checkouts", body)

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]
    assert answer.json()["message"]
    assert status in (None, answer.status_code)
    if code is not None:
        assert answer.json()["code"] == code
    assert (Checkout.objects.count(), balances.balance(lin.pk, NOON).held) == (0, 0) or (
        answer.status_code == 201
    )


def test_a_wrong_line_is_named(till: Post) -> None:
    answer = till("checkouts/quote", basket(lines=[LINES[0], LINES[1] | {"quantity": "0"}]))

    assert answer.json()["field"] == "lines[1].quantity"


def test_a_mini_program_holds_and_the_receipt_names_it(
    till: Post, phone: Post, store: Store, lin: Member
) -> None:
    body = {"store": store.code, "lines": LINES, "points": 1_000}
    assert phone("me/checkouts/quote", body).json()["points"] == 1_000
    assert phone("me/checkouts", body).status_code == 400  # no key

    held = phone("me/checkouts", body, **{"idempotency-key": "k1"})
    again = phone("me/checkouts", body, **{"idempotency-key": "k1"})
    assert (held.status_code, again.status_code) == (201, 200)
    number = held.json()["number"]
    other = phone("me/checkouts", body | {"points": 900}, **{"idempotency-key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "checkout_conflict")

    receipt = {
        "number": "S-7",
        "kind": "sale",
        "occurred_at": "2026-03-02T12:00:00+08:00",
        "checkout": number,
        "lines": LINES,
    }
    sold = till("receipts", receipt)
    assert (sold.status_code, sold.json()["points"]) == (201, 90)
    done = phone(f"me/checkouts/{number}/release")
    assert (done.status_code, done.json()["code"]) == (409, "checkout_used")


def test_a_member_lets_go_of_what_is_held_and_only_of_their_own(
    till: Post, phone: Post, store: Store, lin: Member, chen: Member
) -> None:
    body = {"store": store.code, "lines": LINES}
    number = phone("me/checkouts", body, **{"idempotency-key": "k1"}).json()["number"]
    theirs = _poster(program_of(chen), {})
    assert theirs(f"me/checkouts/{number}/release").status_code == 404

    assert phone(f"me/checkouts/{number}/release").json()["state"] == "released"
    second = phone("me/checkouts", body, **{"idempotency-key": "k2"}).json()["number"]
    till(f"checkouts/{second}/capture")
    refused = phone(f"me/checkouts/{second}/release")
    assert (refused.status_code, refused.json()["code"]) == (409, "checkout_captured")
    listed = program_of(lin).get("/api/v1/me/checkouts").json()
    assert [one["state"] for one in listed["results"]] == ["captured", "released"]
    wrong = phone("me/checkouts/quote", body | {"store": "NO"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "store")
