"""Earning rules in the back office."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import EarningRuleVersion
from campaigns.services import rules

pytestmark = pytest.mark.django_db
PATH = "/admin/campaigns/earningruleversion/"

FIELDS = {
    "name": "会员日",
    "starts_at_0": "2030-01-01",
    "starts_at_1": "00:00",
    "points": "10",
    "block_yuan": "100",
    "method": "block",
    "floor_at": "receipt",
    "validity": "months",
    "validity_count": "12",
    "pending_days": "0",
}


def version(**fields: Any) -> EarningRuleVersion:
    made = EarningRuleVersion(**({"name": "Basic", "starts_at": timezone.now()} | fields))
    made.save()
    return made


def test_a_draft_is_added_looked_at_and_published(admin_client: Client) -> None:
    assert admin_client.post(f"{PATH}add/", FIELDS).status_code == 302
    draft = EarningRuleVersion.objects.get()
    page = admin_client.get(f"{PATH}{draft.pk}/change/").content.decode()
    assert "¥250.00 → 20" in page

    asked = admin_client.get(f"{PATH}{draft.pk}/publish/")
    draft.refresh_from_db()
    assert (asked.status_code, draft.is_published) == (200, False)

    admin_client.post(f"{PATH}{draft.pk}/publish/")
    draft.refresh_from_db()
    assert (draft.number, draft.published_by and draft.published_by.username) == (1, "admin")


def test_a_published_version_is_read_only(admin_client: Client) -> None:
    done = rules.publish(version=version(), by=None, now=timezone.now())

    assert admin_client.get(f"{PATH}{done.pk}/change/").status_code == 200
    assert admin_client.post(f"{PATH}{done.pk}/change/", FIELDS).status_code == 403
    assert admin_client.post(f"{PATH}{done.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"{PATH}{done.pk}/publish/").status_code == 403
    assert EarningRuleVersion.objects.get().points == 1


def test_a_version_that_reaches_back_is_refused_on_the_page(admin_client: Client) -> None:
    rules.publish(version=version(), by=None, now=timezone.now())
    late = version(starts_at=timezone.now() - timedelta(days=3))

    answer = admin_client.post(f"{PATH}{late.pk}/publish/")

    assert answer.status_code == 200
    assert answer.context["form"].non_field_errors()
    assert not EarningRuleVersion.objects.get(pk=late.pk).is_published


@pytest.mark.parametrize(
    "fields",
    [{"points": "0"}, {"block_yuan": "0"}, {"block_yuan": "x"}, {"pending_days": "-1"},
     {"name": "a\x00"}, {"validity_count": "99999"}],
)  # fmt: skip
def test_a_rule_that_cannot_be_comes_back_to_the_form(
    admin_client: Client, fields: dict[str, str]
) -> None:
    assert admin_client.post(f"{PATH}add/", FIELDS | fields).status_code == 200
    assert not EarningRuleVersion.objects.exists()


def test_who_may_only_look_cannot_publish(client: Client) -> None:
    viewer = User.objects.create_user("viewer", password="x", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    draft = version()

    assert client.get(f"{PATH}{draft.pk}/change/").status_code == 200
    assert client.post(f"{PATH}{draft.pk}/publish/").status_code == 403


def test_the_list_costs_the_same_for_one_row_and_for_three(admin_client: Client) -> None:
    costs = []
    for rows in (1, 3):
        while EarningRuleVersion.objects.count() < rows:
            draft = version(starts_at=timezone.now() + timedelta(days=1))
            rules.publish(version=draft, by=None, now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(PATH).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 6
