"""Segments at the API: with a key that the merchant has allowed, page by page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.models import Member, Segment
from members.services import segments
from stores.models import Store
from stores.services import api_keys
from tests import cast

NOW = timezone.now()


def machine(*, allowed: bool = True) -> Client:
    store, _made = Store.objects.get_or_create(code="S1", defaults={"name": "西湖店"})
    issued = api_keys.issue(store=store, name="ERP", may_read_segments=allowed, now=NOW)
    return Client(headers={"X-Api-Key": issued.secret})


@pytest.fixture
def people(db: None) -> list[Member]:
    return [cast.member(phone=f"1390013900{n}", name="") for n in range(5)]


@pytest.fixture
def press(people: list[Member]) -> Segment:
    made = segments.create(code="press", name="媒体", kind="list", at=NOW)
    segments.sync(segment_id=made.pk, low=0, high=10**9, ids=[one.pk for one in people], at=NOW)
    segments.finish(segment_id=made.pk, at=NOW)
    return made


def get(client: Client, path: str, **query: Any) -> Any:
    return client.get(f"/api/v1/{path}", query)


def test_segments_are_listed(press: Segment) -> None:
    segments.ensure_rfm(at=NOW)
    off = segments.create(code="old", name="旧", kind="list", at=NOW)
    Segment.objects.filter(pk=off.pk).update(is_active=False)

    found = get(machine(), "segments").json()["results"]

    assert [one["code"] for one in found] == [
        "active",
        "lost",
        "new",
        "press",
        "sleeping",
        "vip",
    ]
    assert found[3] | {"computed_at": ""} == {
        "code": "press",
        "name": "媒体",
        "description": "",
        "kind": "list",
        "size": 5,
        "computed_at": "",
    }


def test_members_come_page_by_page_without_names_or_phones(
    press: Segment, people: list[Member]
) -> None:
    erp, seen, cursor = machine(), [], None
    while True:
        query = {"page_size": 2} | ({"cursor": cursor} if cursor else {})
        page = get(erp, "segments/press/members", **query).json()
        assert len(page["results"]) <= 2
        seen += page["results"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [{"number": one.number, "external_number": None} for one in people]


@pytest.mark.parametrize("count", [1, 3])
def test_a_page_costs_the_same_for_one_row_and_for_three(press: Segment, count: int) -> None:
    erp = machine()
    get(erp, "segments")
    for path, expected in (("segments/press/members", 3), ("segments", 2)):
        with CaptureQueriesContext(connection) as queries:
            query = {"page_size": count} if "members" in path else {}
            assert get(erp, path, **query).status_code == 200
        assert len(queries) == expected


def test_only_allowed_keys_read_them(press: Segment, people: list[Member]) -> None:
    for path in ("segments", "segments/press/members"):
        refused = get(machine(allowed=False), path)
        assert (refused.status_code, refused.json()["code"]) == (403, "key_scope_missing")
        assert get(Client(), path).status_code == 401
        assert get(cast.program_of(people[0]), path).status_code == 401


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("segments/none/members", {}, 404),
        ("segments/press/members", {"cursor": "x"}, 400),
        ("segments/press/members", {"cursor": "9" * 40}, 400),
        ("segments/press/members", {"cursor": "-1"}, 400),
        ("segments/press/members", {"page_size": "501"}, 400),
        ("segments/press/members", {"page_size": "0"}, 400),
        ("segments/press/members", {"colour": "red"}, 400),
        ("segments/%00/members", {}, 400),
    ],
)
def test_what_cannot_be_is_refused(
    press: Segment, path: str, query: dict[str, str], status: int
) -> None:
    assert get(machine(), path, **query).status_code == status
