"""Merging in the back office: compare first, then merge, and leave a trace."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from members.models import Member
from points import selectors
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> tuple[Member, Member]:
    kept, gone = cast.member("13800138000", "林小雨"), cast.member("13900139000", "小雨")
    cast.earned(kept, 100)
    cast.earned(gone, 50)
    return kept, gone


def page_of(member: Member) -> str:
    return f"/admin/members/member/{member.pk}/merge/"


def test_compare_then_merge(admin_client: Client, pair: tuple[Member, Member]) -> None:
    kept, gone = pair
    first = admin_client.post(page_of(kept), {"other": "139 0013 9000"})
    assert first.status_code == 302
    compared = admin_client.get(first["Location"])
    page = compared.content.decode()
    assert "林小雨" in page
    assert "小雨" in page
    assert "139****9000" in page
    assert Member.objects.get(pk=gone.pk).merged_into is None, "comparing merges nothing"
    without = admin_client.post(first["Location"], {"reason": ""})
    assert without.status_code == 200
    merged = admin_client.post(first["Location"], {"reason": "同一部手机，本人来店确认"})
    assert merged["Location"] == f"/admin/members/member/{kept.pk}/change/"
    assert selectors.balance(kept.pk, timezone.now()).available == 150
    note = LogEntry.objects.get()
    assert "本人来店确认" in note.change_message
    shown = admin_client.get(f"/admin/members/member/{gone.pk}/change/").content.decode()
    assert "已并入" in shown
    assert admin_client.get(page_of(gone)).status_code == 302


def test_oneself_and_nobody_are_refused(admin_client: Client, pair: tuple[Member, Member]) -> None:
    kept, _gone = pair
    for other in (kept.number, "nobody", "\x00", "x" * 5000):
        answer = admin_client.post(page_of(kept), {"other": other})
        assert answer.status_code in {200, 400}
    assert not Member.objects.exclude(merged_into=None).exists()


def test_merging_needs_its_permission(client: Client, pair: tuple[Member, Member]) -> None:
    kept, gone = pair
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_member", "change_member"])
    )
    client.force_login(user)
    answer = client.post(f"{page_of(kept)}?gone={gone.number}", {"reason": "x"})
    assert answer.status_code == 403
    assert not Member.objects.exclude(merged_into=None).exists()
