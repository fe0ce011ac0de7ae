"""Acts by API: what is taken, what is refused and with which field, and whose they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Event
from members.models import Member, MemberTag, Tag
from points.selectors import balances
from stores.models import Store
from stores.services import api_keys
from tests import cast
from tests.campaigns.conftest import published
from tests.campaigns.making import rule

URL = "/api/v1/events"


@pytest.fixture
def till(store: Store) -> Client:
    published(
        rule("share", "fixed", trigger="share", points=5, limits=[{"per": "member", "times": 2}]),
        rule("stars", "per_item", trigger="custom", code="stars", points=2),
    )
    return client_of(store)


def client_of(store: Store) -> Client:
    _key, secret = api_keys.issue(store=store, name="till", now=timezone.now())
    return Client(headers={"X-Api-Key": secret, "Accept-Language": "en"})


def tell(client: Client, member: Member | None, **values: Any) -> Any:
    data: dict[str, Any] = {"external_id": "E1", "trigger": "share"}
    if member is not None:
        data["member_number"] = member.number
    data = {name: value for name, value in (data | values).items() if value is not None}
    return client.post(URL, data, content_type="application/json")


def test_an_act_is_answered_with_its_points_and_the_reason(till: Client, lin: Member) -> None:
    answer = tell(till, lin)

    assert answer.status_code == 201
    told = answer.json()
    assert (told["points"], told["state"], told["is_replay"]) == (5, "posted", False)
    assert told["explanation"] == "share: 5, rule v1"
    assert balances.balance(lin.pk, at=timezone.now()).available == 5
    assert till.get(f"{URL}/E1").json()["points"] == 5


def test_told_again_it_is_the_same_act_and_other_content_is_refused(
    till: Client, lin: Member
) -> None:
    tell(till, lin)

    again, other = tell(till, lin), tell(till, lin, quantity="2")

    assert (again.status_code, again.json()["is_replay"]) == (200, True)
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_number")
    assert Event.objects.count() == 1


def test_what_rules_know_of_the_person_stays_in_the_house(store: Store, lin: Member) -> None:
    Member.objects.filter(pk=lin.pk).update(birthday=timezone.localdate())
    for name in ("grumpy", "owes us a favour"):
        MemberTag.objects.create(member=lin, tag=Tag.objects.create(name=name))
    conditions: list[dict[str, Any]] = [
        {"kind": "birthday", "span": "month"},
        {"kind": "tag", "in": ["grumpy"]},
    ]
    published(rule("share", "fixed", *conditions, trigger="share", points=5))

    told = tell(client_of(store), lin).json()
    (mine,) = cast.program_of(lin).get("/api/v1/me/entries").json()["results"]

    kept = Event.objects.get().explanation["inputs"]["person"]
    birthday = f"{timezone.localdate():%m-%d}"
    assert (told["points"], kept) == (5, {"birthday": birthday, "tags": ["grumpy"]})
    assert "person" not in told["explanation_data"]["inputs"]
    assert mine["explanation"]["inputs"]["person"] == {"birthday": birthday}


def test_quantities_and_codes_count(till: Client, lin: Member) -> None:
    answer = tell(till, lin, trigger="custom", code="stars", quantity="3")

    assert answer.json()["points"] == 6


def test_an_act_that_fell_away_is_reversed_once(till: Client, lin: Member) -> None:
    tell(till, lin)

    answers = [
        till.post(f"{URL}/E1/reverse", {"reason": "deleted"}, content_type="application/json")
        for _twice in range(2)
    ]

    assert [(a.status_code, a.json()["state"]) for a in answers] == [(200, "reversed")] * 2
    assert balances.balance(lin.pk, at=timezone.now()).available == 0


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"trigger": "purchase"}, 400, "trigger"),
        ({"trigger": "sneeze"}, 400, "trigger"),
        ({"trigger": "registration"}, 400, "trigger"),
        ({"trigger": "birthday"}, 400, "trigger"),
        ({"trigger": "custom"}, 422, "code"),
        ({"external_id": ""}, 400, "external_id"),
        ({"external_id": "x" * 65}, 400, "external_id"),
        ({"external_id": "a\u0007b"}, 422, "external_id"),
        ({"member_number": "0000"}, 422, "member_number"),
        ({"member_number": None}, 400, "member_number"),
        ({"member_phone": "13800138000"}, 400, "member_phone"),
        ({"quantity": "0"}, 422, "quantity"),
        ({"quantity": "-1"}, 422, "quantity"),
        ({"quantity": "1e400"}, 400, "quantity"),
        ({"amount": "-1"}, 422, "amount"),
        ({"attributes": {"a": 1e5, "b": [1]}}, 400, "attributes.b"),
        ({"attributes": [1]}, 400, "attributes"),
        ({"occurred_at": "yesterday"}, 400, "occurred_at"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 422, "occurred_at"),
        ({"color": "red"}, 400, "color"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_field(
    till: Client, lin: Member, values: dict[str, Any], status: int, field: str
) -> None:
    answer = tell(till, lin, **values)

    told = answer.json()
    fields = {told.get("field")} | {error["field"] for error in told.get("errors", ())}
    assert (answer.status_code, field in fields) == (status, True), told
    assert not Event.objects.exists()


def test_a_store_sees_its_own_acts_only(till: Client, lin: Member) -> None:
    tell(till, lin)
    other = client_of(Store.objects.create(code="S2", name="湖滨店"))

    assert other.get(f"{URL}/E1").status_code == 404
    back = other.post(f"{URL}/E1/reverse", {"reason": "x"}, content_type="application/json")
    assert back.status_code == 404
    assert tell(other, lin).status_code == 201


def test_without_a_key_nothing_is_said(lin: Member) -> None:
    assert tell(Client(), lin).status_code == 401
    assert Client().get(f"{URL}/E1").status_code == 401


def test_an_act_of_long_ago_is_judged_by_the_rules_of_then(till: Client, lin: Member) -> None:
    before = timezone.now() - timedelta(days=3000)

    answer = tell(till, lin, occurred_at=before.isoformat())

    assert (answer.status_code, answer.json()["points"]) == (201, 0)
    assert answer.json()["explanation_data"]["type"] == "no_rule"
