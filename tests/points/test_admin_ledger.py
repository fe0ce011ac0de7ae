"""The pages of single entries in the back office."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from members.models import Member
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
    """Session, user, the entry, its lots, its uses, its account, its member."""
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
    with django_assert_num_queries(7):
        assert client.get(path).status_code == 200
