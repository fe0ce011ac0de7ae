"""The product's own database role cannot rewrite the ledger, triggers or not (I4)."""

from collections.abc import Callable, Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from members.models import Member
from points.services import ledger
from points.services.rows import Posting
from tests.points.conftest import NOON

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture
def app_role(db: None) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE judian_app_test")  # gone with the test's transaction
    call_command("restrict_app_role", "judian_app_test", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE judian_app_test")
    yield "judian_app_test"
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE points_entry SET actor = 'nobody'",
        "DELETE FROM points_entry",
        "TRUNCATE points_entry CASCADE",
        "DELETE FROM points_lot",
        "ALTER TABLE points_entry DISABLE TRIGGER ALL",
    ],
)
def test_the_role_has_no_right_to(app_role: str, sql: str) -> None:
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_the_role_can_do_all_that_the_product_does(
    app_role: str, lin: Member, grant: Callable[..., Posting]
) -> None:
    grant(lin, 100)
    ledger.spend(member_id=lin.pk, points=30, reference="s", source="mall", actor="t", at=NOON)
    answer = ledger.restore(
        member_id=lin.pk, spend_reference="s", reference="r", actor="t", at=NOON
    )
    assert answer.available == 100


def test_an_unknown_role_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="nobody_here"):
        call_command("restrict_app_role", "nobody_here")
