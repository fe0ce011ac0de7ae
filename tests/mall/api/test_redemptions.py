"""Orders by API: a member's mini-program, and a store's till."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mall.models import Redemption, Reward
from mall.services import handover
from members.selectors import look_up
from points.selectors import balance
from stores.services import api_keys
from tests import cast
from tests.mall import redeeming

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/redemptions"


def post(client: Any, path: Any, content: Any = None, **headers: Any) -> Any:
    return client.post(path, content or {}, content_type="application/json", headers=headers)


def order(reward: Any, **values: Any) -> Any:
    return {"reward": reward.code, "pick_up_store": redeeming.shop().code} | values


def till(store: Any) -> Any:
    secret = api_keys.issue(store=store, name="till", now=timezone.now()).secret
    return Client(headers={"X-Api-Key": secret})


def test_from_quote_to_counter() -> None:
    person, reward = redeeming.rich(250), redeeming.reward()
    program = cast.program_of(person)
    quote = post(program, f"{ME}/quote", order(reward)).json()
    assert (quote["points"], quote["balance_after"], quote["refusal"]) == (100, 150, None)
    assert [lot["points"] for lot in quote["lots"]] == [100]
    content = order(reward, expected_points=100, expected_money="0.00")
    first = post(program, ME, content, **{"Idempotency-Key": "k1"})
    again = post(program, ME, content, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = post(program, ME, order(reward, quantity=2), **{"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["code"]) == (409, "reference_conflict")
    number = first.json()["number"]
    detail = program.get(f"{ME}/{number}").json()
    assert [step["state"] for step in detail["steps"]] == ["placed"]
    assert (detail["can_cancel"], detail["has_code"]) == (True, True)
    code = program.get(f"{ME}/{number}/code").json()["code"]
    wrong = post(till(redeeming.shop("S2")), "/api/v1/redemptions/hand-over", {"code": code})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "hand_over_wrong_store")
    counter = till(redeeming.shop())
    assert post(counter, "/api/v1/redemptions/look-up", {"code": code}).json()["number"] == number
    done = post(counter, "/api/v1/redemptions/hand-over", {"code": code})
    assert done.json()["state"] == "completed"
    twice = post(counter, "/api/v1/redemptions/hand-over", {"code": code})
    assert (twice.status_code, twice.json()["code"]) == (409, "hand_over_done")
    assert program.get(f"{ME}/{number}/code").status_code == 404


def test_cancelling() -> None:
    person, reward = redeeming.rich(100), redeeming.reward()
    program = cast.program_of(person)
    number = post(program, ME, order(reward), **{"Idempotency-Key": "k"}).json()["number"]
    done = post(program, f"{ME}/{number}/cancel")
    assert (done.json()["state"], done.json()["points_back"]) == ("cancelled", 100)
    assert post(program, f"{ME}/{number}/cancel").status_code == 200
    assert balance(person.pk, timezone.now()).available == 100


def test_the_orders_of_others_are_not_there() -> None:
    reward = redeeming.reward()
    theirs = redeeming.placed(redeeming.rich(), reward)
    program = cast.program_of(cast.member("13900139000"))
    for path in ("", "/code"):
        assert program.get(f"{ME}/{theirs.number}{path}").status_code == 404
    for path in ("/cancel", "/received", "/codes", "/returns", "/payment"):
        content = {"quantity": 1, "reason": "quality", "way": "native"} if path[1] in "rp" else {}
        found = post(program, f"{ME}/{theirs.number}{path}", content)
        assert found.status_code in (400, 404), path
    assert Client().get(ME).status_code == 401


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({"quantity": 0}, 400, "invalid"),
        ({"quantity": -1}, 400, "invalid"),
        ({"quantity": 2**63}, 400, "invalid"),
        ({"quantity": "1e309"}, 400, "invalid"),
        ({"quantity": None}, 400, "invalid"),
        ({"quantity": [1]}, 400, "invalid"),
        ({"reward": "nothing"}, 404, "reward_unknown"),
        ({"reward": "a" * 49}, 400, "invalid"),
        ({"reward": {"code": 1}}, 400, "invalid"),
        ({"variant": "other"}, 404, "reward_unknown"),
        ({"address": 2**63}, 400, "invalid"),
        ({"delivery": "teleport"}, 400, "invalid"),
        ({"delivery": "ship"}, 422, "delivery_not_offered"),
        ({"pick_up_store": "nowhere"}, 422, "pick_up_store_not_offered"),
        ({"pick_up_store": ""}, 422, "pick_up_store_needed"),
        ({"expected_points": 99}, 409, "price_changed"),
        ({"expected_money": "0.01"}, 409, "price_changed"),
        ({"expected_money": "NaN"}, 400, "invalid"),
        ({"surprise": True}, 400, "invalid"),
    ],
)
def test_bad_input_takes_nothing(content: Any, status: Any, code: Any) -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    program = cast.program_of(person)
    answer = post(program, ME, order(reward) | content, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert balance(person.pk, timezone.now()).available == 1000
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 65, "a\tb"])
def test_keys_that_are_none(key: Any) -> None:
    program, reward = cast.program_of(redeeming.rich()), redeeming.reward()
    answer = post(program, ME, order(reward), **{"Idempotency-Key": key})
    assert answer.status_code in (400, 422)


def test_raw_numbers_beyond_any_float() -> None:
    program, reward = cast.program_of(redeeming.rich()), redeeming.reward()
    body = json.dumps(order(reward))[:-1] + ', "quantity": 1e309}'
    answer = program.post(
        ME, body, content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_of_orders_takes_two_queries(rows: Any, django_assert_num_queries: Any) -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    for _nth in range(rows):
        redeeming.placed(person, reward)
    program = cast.program_of(person)
    with django_assert_num_queries(2):
        page = program.get(ME).json()
    assert len(page["results"]) == rows


def test_pages_of_orders() -> None:
    person, reward = redeeming.rich(), redeeming.reward()
    numbers = [redeeming.placed(person, reward).number for _nth in range(3)]
    program = cast.program_of(person)
    page = program.get(f"{ME}?page_size=2").json()
    rest = program.get(f"{ME}?page_size=2&cursor={page['next_cursor']}").json()
    found = [one["number"] for one in page["results"] + rest["results"]]
    assert (found, rest["next_cursor"]) == (numbers[::-1], None)
    assert program.get(f"{ME}?tab=to_collect").json()["results"]
    assert not program.get(f"{ME}?tab=to_ship").json()["results"]
    assert program.get(f"{ME}?tab=other").status_code == 400


def test_opening_virtual_codes() -> None:
    from mall.services import codes

    person = redeeming.rich()
    reward = redeeming.reward(kind=Reward.Kind.VIRTUAL, can_pick_up=False, left=0)
    codes.bring_in(
        variant_id=reward.variants.get().pk,
        codes=["ABC-123"],
        name="x",
        valid_until=None,
        actor="staff:1",
        at=timezone.now(),
    )
    program = cast.program_of(person)
    made = post(program, ME, {"reward": reward.code}, **{"Idempotency-Key": "k"})
    assert "ABC-123" not in made.content.decode()
    opened = post(program, f"{ME}/{made.json()['number']}/codes")
    assert opened.json() == {"codes": ["ABC-123"]}


def test_a_till_redeems_for_who_shows_their_code() -> None:
    person, reward, shop = redeeming.rich(), redeeming.reward(), redeeming.shop()
    code = look_up.member_code(person, timezone.now())
    counter = till(shop)
    content = {"reward": reward.code, "member_code": code}
    path = "/api/v1/redemptions"
    made = post(counter, path, content, **{"Idempotency-Key": "till-1"})
    assert (made.status_code, made.json()["pick_up_store"]["code"]) == (201, shop.code)
    # The member's code has long changed when the till tries again.
    again = post(
        counter, path, content | {"member_code": "0" * 20}, **{"Idempotency-Key": "till-1"}
    )
    assert (again.status_code, again.json()["number"]) == (200, made.json()["number"])
    wrong = post(counter, path, content | {"member_code": "1" * 20}, **{"Idempotency-Key": "t2"})
    assert wrong.status_code in (404, 422)
    row = Redemption.objects.get()
    assert (row.store, row.member) == (shop, person)
    assert handover.code_of(row, at=timezone.now()) is not None


def test_both_languages() -> None:
    person, reward = redeeming.rich(50), redeeming.reward()
    for language, words in (("en", "points"), ("zh-hans", "积分")):
        program = cast.program_of(person, **{"Accept-Language": language})
        answer = post(program, ME, order(reward), **{"Idempotency-Key": language})
        assert answer.json()["code"] == "points_insufficient"
        assert words in answer.json()["message"]
