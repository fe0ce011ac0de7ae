"""The pages of single entries in the back office."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from members.models import Member
from points.selectors.entries import SHOWN_MAX
from points.services import ledger
from points.services.rows import Posting
from tests.points.conftest import NOON


@pytest.mark.parametrize("lots", [1, 3])
@pytest.mark.django_db
def test_entry_costs_the_same_for_one_and_three_lots(
    lots: int,
    lin: Member,
    grant: Callable[..., Posting],
    client: Client,
    django_assert_num_queries: Any,
) -> None:
    """Session, user, the entry, account, member, how many lots and uses, the uses, the actor."""
    client.force_login(User.objects.create_superuser("boss"))
    for _ in range(lots):
        grant(lin, 10)
    spent = ledger.spend(
        member_id=lin.pk,
        points=10 * lots,
        reference="spend",
        source="test",
        actor="test",
        at=NOON + timedelta(days=1),
    )
    path = f"/admin/points/entry/{spent.entry_id}/change/"
    client.get(path)
    with django_assert_num_queries(9):
        assert client.get(path).status_code == 200


@pytest.mark.django_db
def test_entry_of_many_lots_is_leafed_through(
    lin: Member, grant: Callable[..., Posting], admin_client: Client
) -> None:
    for _ in range(SHOWN_MAX + 3):
        grant(lin, 1)
    spent = ledger.spend(
        member_id=lin.pk,
        points=SHOWN_MAX + 3,
        reference="spend",
        source="mall",
        actor="test",
        at=NOON + timedelta(days=1),
    )
    path = f"/admin/points/entry/{spent.entry_id}/change/"
    for query, shown in (("", SHOWN_MAX), ("?uses-page=2", 3), ("?uses-page=x", SHOWN_MAX)):
        answer = admin_client.get(path + query)
        uses = answer.context["inline_admin_formsets"][1]
        assert uses.formset.prefix == "uses"
        assert len(list(uses)) == shown, query
        assert uses.formset.paginator.count == SHOWN_MAX + 3


@pytest.mark.parametrize("entries", [1, 3])
@pytest.mark.django_db
def test_list_names_its_actors_in_one_query(
    entries: int,
    lin: Member,
    grant: Callable[..., Posting],
    client: Client,
    django_assert_num_queries: Any,
) -> None:
    """Session, user, the count, the page, the staff."""
    boss = User.objects.create_superuser("boss", last_name="王", first_name="芳")
    staff = [boss, *(User.objects.create_user(f"s{n}") for n in range(entries - 1))]
    client.force_login(boss)
    for person in staff:
        grant(lin, 10, actor=f"staff:{person.pk}")
    with django_assert_num_queries(5):
        page = client.get("/admin/points/entry/").content.decode()
    assert "王芳" in page
    assert "staff:" not in page


@pytest.mark.django_db
def test_page_of_an_entry_says_source_and_actor_in_words(
    lin: Member, grant: Callable[..., Posting], admin_client: Client
) -> None:
    entry = grant(lin, 10, source="import", actor="import_receipts")
    page = admin_client.get(f"/admin/points/entry/{entry.entry_id}/change/").content.decode()
    assert "小票（文件导入）" in page
    assert "命令行导入" in page
