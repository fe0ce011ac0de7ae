"""The till asks who this is: one query for the person and all that is told of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from members.models import Member
from members.selectors import look_up
from points.services import accounts
from stores.models import Store
from stores.services import api_keys
from tests import cast
from tiers.models import Level, LevelBenefit, Standing, TierProgram

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Client:
    store = Store.objects.create(code="west", name="西湖店")
    secret = api_keys.issue(store=store, name="till", now=timezone.now()).secret
    return Client(headers={"X-Api-Key": secret})


@pytest.fixture
def member() -> Member:
    member = cast.member()
    Member.objects.filter(pk=member.pk).update(external_number="A-7")
    now = timezone.now()
    cast.earned(member, 100)
    cast.earned(member, 40, at=now - timedelta(days=9), expires_at=now - timedelta(days=1))
    cast.spent(member, 30)
    return member


def ask(till: Client, **content: Any) -> Any:
    return till.post("/api/v1/members/look-up", content, content_type="application/json")


@pytest.mark.parametrize("kind", ["code", "number", "phone", "external_number"])
def test_every_way_in_two_queries(
    till: Client,
    member: Member,
    kind: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    value = {
        "code": look_up.member_code(member, timezone.now()),
        "number": member.grouped_number,
        "phone": "+86 138-0013-8000",
        "external_number": "A-7",
    }[kind]
    ask(till, number="1")  # the key's use is noted once a minute
    with django_assert_num_queries(2):
        answer = ask(till, **{kind: value})
    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert (told["number"], told["name"], told["phone"]) == (
        member.number,
        "林小雨",
        "138****8000",
    )
    assert told["panels"]["points"] == {
        "available": 70,  # what lapsed yesterday is not there, booked or not
        "pending": 0,
        "debt": 0,
        "is_frozen": False,
        "frozen_reason": "",
    }


def test_the_level_comes_in_the_same_query(
    till: Client, member: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert ask(till, number=member.number).json()["panels"]["tier"] == {}
    TierProgram.objects.create()
    base = Level.objects.create(code="base", name="普卡", rank=1, threshold=0)
    gold = Level.objects.create(code="gold", name="金卡", name_en="Gold", rank=2, threshold=500)
    LevelBenefit.objects.create(level=gold, kind="discount", params={"percent": "5"})
    assert ask(till, number=member.number).json()["panels"]["tier"]["code"] == base.code
    now = timezone.now()
    Standing.objects.create(member=member, level=gold, since=now.date(), changed_at=now)
    with django_assert_num_queries(2):
        tier = ask(till, number=member.number).json()["panels"]["tier"]
    assert (tier["code"], tier["name"], tier["discount_percent"]) == ("gold", "金卡", "5")


def test_a_frozen_account_says_why(till: Client, member: Member) -> None:
    accounts.freeze(
        member_id=member.pk, reason="核对中", reference="f1", actor="staff:1", at=timezone.now()
    )
    points = ask(till, number=member.number).json()["panels"]["points"]
    assert (points["is_frozen"], points["frozen_reason"]) == (True, "核对中")


def test_somebody_without_an_account_has_nothing(till: Client) -> None:
    Member.objects.create(number="842109375526", joined_at=timezone.now())
    points = ask(till, number="842109375526").json()["panels"]["points"]
    assert points["available"] == 0


def test_a_photographed_code_is_told_apart_from_a_stranger(till: Client, member: Member) -> None:
    old = look_up.member_code(member, timezone.now() - timedelta(minutes=2))
    answer = ask(till, code=old)
    assert (answer.status_code, answer.json()["code"]) == (422, "member_code_stale")
    answer = ask(till, code="1" * 20)
    assert (answer.status_code, answer.json()["code"]) == (404, "member_unknown")


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"phone": "13800138000", "number": "842109375526"},
        {"phone": "\x00"},
        {"number": ["842109375526"]},
        {"nonsense": "1"},
        {"phone": "x" * 10_000},
    ],
)
def test_questions_that_are_none(till: Client, content: dict[str, Any]) -> None:
    answer = ask(till, **content)
    assert answer.status_code in {400, 422}, answer.content
    assert answer.json()["code"]


def test_strangers_and_erased_members_are_nobody(till: Client, member: Member) -> None:
    assert ask(till, phone="13900139000").status_code == 404
    assert ask(till, phone="no phone").status_code == 404
    Member.objects.filter(pk=member.pk).update(erased_at=timezone.now())
    assert ask(till, number=member.number).status_code == 404


def test_a_merged_card_leads_to_the_one_who_is_left(till: Client, member: Member) -> None:
    gone = Member.objects.create(number="842109375526", joined_at=timezone.now())
    Member.objects.filter(pk=gone.pk).update(merged_into=member)
    assert ask(till, number=gone.number).json()["number"] == member.number


def test_only_machines_ask(client: Client, member: Member) -> None:
    assert ask(client, number=member.number).status_code == 401
    assert ask(cast.program_of(member), number=member.number).status_code == 401


def test_registration_at_the_till(till: Client) -> None:
    content = {
        "phone": "0086 139 0013 9000",
        "name": "周可",
        "birthday": "2000-02-29",
        "agreed_to_terms": True,
    }
    made = till.post("/api/v1/members", content, content_type="application/json")
    assert made.status_code == 201, made.json()
    member = Member.objects.get()
    assert (member.phone, member.source) == ("+8613900139000", "till")
    assert member.home_store is not None
    assert made.json()["birthday_month"] == 2
    again = till.post("/api/v1/members", content, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "phone_taken")
    for wrong in ({}, {"phone": "139"}, {"phone": "13700137000", "birthday": "2001-02-29"}):
        refused = till.post("/api/v1/members", wrong, content_type="application/json")
        assert refused.status_code in {400, 422}
        assert refused.json().get("field") or refused.json().get("errors")
    assert Member.objects.count() == 1
