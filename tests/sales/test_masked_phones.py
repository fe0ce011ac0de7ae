"""Whoever may not see whole phone numbers finds none in the back office, on any page."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from members.admin.base import note
from members.models import Member
from points.services import accounts
from tests.sales.conftest import NOON
from tests.sales.test_erasure import (  # fixtures
    PHONE,
    media,
    person,
)

__all__ = ["media", "person"]
pytestmark = pytest.mark.django_db
DIGITS = ("13812345678", "138 1234 5678", "138-1234-5678", "13987654321", "13711223344")


def somebody(*, sees_phones: bool) -> Client:
    user = User.objects.create_user("zhou", is_staff=True)
    wanted = Permission.objects.all()
    if not sees_phones:
        wanted = wanted.exclude(codename="view_phone")
    user.user_permissions.set(wanted)
    client = Client()
    client.force_login(user)
    return client


def pages(person: Member) -> list[str]:
    """Every list, every row's page and history, and every page of an action."""
    found = ["/admin/"]
    for model, model_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        listing = reverse(f"admin:{name}_changelist")
        found += [listing, f"{listing}?q={person.number}", f"{listing}?q=138 1234 5678"]
        for row in model._default_manager.order_by("-pk")[:8]:
            for kind in ("change", "history"):
                found.append(reverse(f"admin:{name}_{kind}", args=[row.pk]))
            for one in getattr(model_admin, "actions_detail", ()):
                try:
                    found.append(reverse(f"admin:{name}_{one}", args=[row.pk]))
                except NoReverseMatch:
                    found.append(f"{listing}{row.pk}/{one}/")
    app = {"app_label": "members", "model_name": "membertag", "field_name": "member"}
    query = "&".join(f"{key}={value}" for key, value in app.items())
    return [*found, f"/admin/autocomplete/?term=138 1234 5678&{query}"]


def shown(client: Client, person: Member) -> dict[str, list[str]]:
    hits: dict[str, list[str]] = {}
    for page in pages(person):
        answer: Any = client.get(page)
        assert answer.status_code < 500, page
        text = b"".join(answer) if answer.streaming else answer.content
        # What was searched for is repeated by the page that searched.
        content = text.decode().replace(page.partition("q=")[2] or "\0", "")
        # The number of an account in the words of a search field is the searcher's own.
        hits |= {page: [one for one in DIGITS if one in content]}
    return {page: found for page, found in hits.items() if found}


def noted_anew(person: Member) -> None:
    """The audit rows as the back office writes them, whatever staff typed into a reason."""
    user = User.objects.get(username="wang")
    LogEntry.objects.all().delete()
    request = RequestFactory().get("/")
    request.user = user
    note(request, person, f"电话由 {PHONE} 更正，138 1234 5678")


def test_no_page_shows_a_whole_number_to_who_may_not_see_it(person: Member) -> None:
    accounts.freeze(member_id=person.pk, reason="查", reference="f", actor="s", at=NOON)
    noted_anew(person)
    assert shown(somebody(sees_phones=False), person) == {}


def test_who_may_see_it_finds_it_on_the_page_of_the_member(person: Member) -> None:
    found = shown(somebody(sees_phones=True), person)
    assert f"/admin/members/member/{person.pk}/change/" in found
