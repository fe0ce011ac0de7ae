import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

from config import roles


@pytest.mark.django_db
def test_roles_are_made_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("setup_roles")
    assert capsys.readouterr().out == "运营, 店长, 收银, 财务, 客服\n"
    call_command("setup_roles")
    assert capsys.readouterr().out == "nothing to do\n"
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)


@pytest.mark.django_db
def test_merchants_own_choice_stays() -> None:
    roles.ensure()
    group = Group.objects.get(name="收银")
    group.permissions.clear()
    roles.ensure()
    assert group.permissions.count() == 0


@pytest.mark.django_db
def test_groups_are_widened_only_when_asked_and_lose_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    roles.ensure()
    finance = Group.objects.get(name="财务")
    own = Permission.objects.get(codename="add_adjustment")
    gained = Permission.objects.get(codename="approve_clearingplan")
    finance.permissions.add(own)
    finance.permissions.remove(gained)
    Group.objects.get(name="客服").delete()
    call_command("setup_roles", widen=True)
    assert capsys.readouterr().out == "客服\n财务: + points.approve_clearingplan\n"
    assert {own, gained} <= set(finance.permissions.all())
    call_command("setup_roles", widen=True)
    assert capsys.readouterr().out == "nothing to do\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "permission", "has_it"),
    [
        ("收银", "members.view_member", True),
        ("收银", "points.add_adjustment", False),
        ("收银", "members.view_phone", False),
        ("财务", "points.approve_adjustment", True),
        ("财务", "points.add_adjustment", False),
        ("客服", "members.view_phone", True),
        ("运营", "points.approve_adjustment", False),
    ],
)
def test_what_a_role_may(role: str, permission: str, has_it: bool) -> None:
    roles.ensure()
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    assert user.has_perm(permission) is has_it


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(roles.ROLES))
def test_every_page_in_a_roles_sidebar_opens(role: str, client: Client) -> None:
    roles.ensure()
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    page = client.get("/admin/").content.decode()
    links = set(re.findall(r'href="(/admin/\w+/\w+/)"', page))
    assert links
    for link in links:
        assert client.get(link, follow=True).status_code == 200, link
