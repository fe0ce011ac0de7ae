from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.dispatch import receiver
from django.test.utils import CaptureQueriesContext

from members import exceptions, policies, signals
from members.models import Member
from members.services import registration
from tests.members.conftest import NOON, PHONE
from tests.racing import succeeded, together


@pytest.fixture
def told() -> Iterator[list[list[int]]]:
    """What the apps above were told, call by call."""
    calls: list[list[int]] = []

    @receiver(signals.members_registered, weak=False, dispatch_uid="test")
    def listen(member_ids: Sequence[int], at: datetime, **_kwargs: Any) -> None:
        calls.append(list(member_ids))

    yield calls
    signals.members_registered.disconnect(dispatch_uid="test")


@pytest.mark.django_db
def test_register_stores_and_tells(told: list[list[int]]) -> None:
    member = registration.register(
        phone="138 0013 8000", name=" 林小雨 ", at=NOON, source=Member.Source.WEB
    )
    member.refresh_from_db()
    assert (member.phone, member.name, member.joined_at) == (PHONE, "林小雨", NOON)
    assert policies.is_member_number(member.number)
    assert told == [[member.pk]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"phone": "12345"}, exceptions.PhoneInvalid),
        ({"phone": "13800138000"}, exceptions.PhoneTaken),
        ({"external_number": "17850"}, exceptions.ExternalNumberTaken),
        ({"external_number": " 17850 "}, exceptions.ExternalNumberTaken),
        ({"external_number": "x" * 65}, exceptions.ExternalNumberInvalid),
        ({"external_number": "a\x00b"}, exceptions.ExternalNumberInvalid),
        ({"name": "x" * 61}, exceptions.NameInvalid),
        ({"name": "\u202eevil"}, exceptions.NameInvalid),
        ({"name": "a\ud800"}, exceptions.NameInvalid),
    ],
)
def test_register_refuses(values: dict[str, Any], refusal: type[Exception]) -> None:
    registration.register(phone=PHONE, external_number="17850", at=NOON, source="admin")
    with pytest.raises(refusal):
        registration.register(at=NOON, source="admin", **values)
    assert Member.objects.count() == 1


@pytest.mark.django_db
def test_names_of_all_scripts_stand() -> None:
    for name in ("欧阳娜娜", "👩‍👩‍👧", "عمر", "Zoë"):
        assert registration.checked_name(name) == name


@pytest.mark.django_db
def test_register_many_makes_the_missing(told: list[list[int]]) -> None:
    first = registration.register_many(external_numbers=["b", "a"], at=NOON, store_id=None)
    second = registration.register_many(external_numbers=["c", "b", "c"], at=NOON, store_id=None)
    assert second["b"] == first["b"]
    assert set(second) == {"b", "c"}
    assert told == [[first["a"], first["b"]], [second["c"]]]


@pytest.mark.django_db
def test_register_many_of_nobody() -> None:
    assert registration.register_many(external_numbers=[], at=NOON, store_id=None) == {}


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_register_many_queries_do_not_grow(number: int) -> None:
    """Look up, insert, read back, and who of them is greeted; the rest is the apps' above."""
    with CaptureQueriesContext(connection) as queries:
        registration.register_many(
            external_numbers=[f"n{position}" for position in range(number)], at=NOON, store_id=None
        )
    ours = [query["sql"] for query in queries if '"members_member"' in query["sql"]]
    assert len(ours) == 4


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_register_many_beside_each_other() -> None:
    """Overlapping lists in opposite orders: everybody gets the same ids, nobody deadlocks."""
    numbers = [f"n{position:03}" for position in range(200)]

    def work(place: int) -> dict[str, int]:
        mine = numbers[place * 5 : place * 5 + 80]
        return registration.register_many(
            external_numbers=mine if place % 2 else mine[::-1], at=NOON, store_id=None
        )

    answers = succeeded(together(24, work))
    assert len(answers) == 24
    merged: dict[str, set[int]] = {}
    for answer in answers:
        for number, pk in answer.items():
            merged.setdefault(number, set()).add(pk)
    assert all(len(ids) == 1 for ids in merged.values())
    assert Member.objects.count() == len(merged)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_phone_registers_once() -> None:
    answers = together(24, lambda _n: registration.register(phone=PHONE, at=NOON, source="web"))
    assert len(succeeded(answers)) == 1
    assert Member.objects.count() == 1
