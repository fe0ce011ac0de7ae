"""Tags on people, in the back office and as rules ask for them."""

from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members import selectors
from members.models import Member, MemberTag, Tag
from members.selectors import PersonFacts
from tests import cast

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/members/member/"


def tagged(phone: str, *names: str) -> Member:
    person = cast.member(phone)
    for name in names:
        MemberTag.objects.create(member=person, tag=Tag.objects.get_or_create(name=name)[0])
    return person


def test_tags_are_read_in_one_query_and_facts_in_two(django_assert_num_queries: Any) -> None:
    lin = tagged("13800138000", "VIP", "同事")
    chen = tagged("13800138001")
    Member.objects.filter(pk=chen.pk).update(birthday=date(2000, 2, 29))
    many = [lin.pk, chen.pk, *range(10**6, 10**6 + 40_000)]

    with django_assert_num_queries(1):
        tags = selectors.tags_of(many)
    with django_assert_num_queries(2):
        facts = selectors.people_facts(many)

    assert tags[lin.pk] == frozenset({"VIP", "同事"})
    assert tags[chen.pk] == tags[10**6] == frozenset()
    assert facts == {
        lin.pk: PersonFacts(lin.joined_at, None, frozenset({"VIP", "同事"})),
        chen.pk: PersonFacts(chen.joined_at, date(2000, 2, 29), frozenset()),
    }
    with django_assert_num_queries(0):
        assert (selectors.tags_of([]), selectors.people_facts([])) == ({}, {})
    assert selectors.known_tags() == ["VIP", "同事"]


def test_a_tag_that_somebody_has_is_not_deleted() -> None:
    lin = tagged("13800138000", "VIP")
    with pytest.raises(ProtectedError):
        Tag.objects.get().delete()
    MemberTag.objects.filter(member=lin).delete()
    Tag.objects.get().delete()


def inline(*tags: int) -> dict[str, Any]:
    rows = {f"taggings-{n}-tag": pk for n, pk in enumerate(tags)}
    return {
        "name": "林小雨",
        "taggings-TOTAL_FORMS": len(tags),
        "taggings-INITIAL_FORMS": 0,
        "segmentings-TOTAL_FORMS": 0,
        "segmentings-INITIAL_FORMS": 0,
        **rows,
    }


def test_staff_tag_a_member_and_find_members_by_tag(admin_client: Client) -> None:
    lin, chen = tagged("13800138000"), tagged("13800138001", "VIP")
    vip = Tag.objects.get()
    page = f"{MEMBERS}{lin.pk}/change/"
    assert admin_client.get(page).status_code == 200

    assert admin_client.post(page, inline(vip.pk)).status_code == 302

    assert list(lin.tags.all()) == [vip]
    twice = admin_client.post(page, inline(vip.pk))
    assert twice.status_code == 200
    assert MemberTag.objects.count() == 2
    found = admin_client.get(MEMBERS, {"tags__id__exact": vip.pk}).context["cl"].result_list
    assert {one.pk for one in found} == {lin.pk, chen.pk}


def test_who_may_only_look_sees_tags_and_sets_none(client: Client) -> None:
    lin = tagged("13800138000", "VIP")
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_member"))
    client.force_login(viewer)
    page = client.get(f"{MEMBERS}{lin.pk}/change/")
    assert page.status_code == 200
    assert "VIP" in page.content.decode()
    assert client.post(f"{MEMBERS}{lin.pk}/change/", inline()).status_code == 403


def test_the_list_costs_the_same_for_one_row_and_for_three(admin_client: Client) -> None:
    costs = []
    for rows in (1, 3):
        while Member.objects.count() < rows:
            tagged(f"1380013800{Member.objects.count()}", "VIP", "同事")
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(MEMBERS).status_code == 200
        costs.append(len(queries))
    assert costs == [5, 5]
