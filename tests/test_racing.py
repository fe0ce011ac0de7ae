"""The helper that other tests lean on has to be right itself."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction

from members.services import registration
from points.services import ledger
from stores.models import Store
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_together_answers_in_order_and_tells_what_was_raised() -> None:
    def call(number: int) -> int:
        if number == 1:
            raise ValueError("one")
        return number * 10

    answers = together(3, call)
    assert (answers[0], answers[2]) == (0, 20)
    assert succeeded(answers) == [0, 20]
    assert [str(error) for error in refused(answers)] == ["one"]


def test_together_gives_each_call_its_own_connection() -> None:
    answers = succeeded(together(4, lambda _: (threading.get_ident(), id(connection.connection))))
    assert len({connection for _, connection in answers}) == 4


def test_only_one_of_many_takes_a_unique_place() -> None:
    answers = together(8, lambda _: Store.objects.create(code="S1", name="西湖店").pk)
    assert len(succeeded(answers)) == 1
    assert {type(error).__name__ for error in refused(answers)} == {"IntegrityError"}
    assert Store.objects.count() == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_ledger_is_empty_again_for_the_next_test_and_guarded_within(turn: int) -> None:
    """The flush goes past the triggers; what a test itself does must still meet them."""
    at = datetime(2026, 1, turn, tzinfo=UTC)
    member = registration.register(external_number="M1", at=at, source="admin")
    ledger.earn(
        member_id=member.pk,
        points=10,
        reference="first",
        source="test",
        actor="test",
        at=at,
        expires_at=None,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM points_entry")
        assert cursor.fetchone() == (1,)
        for statement in ("DELETE FROM points_entry", "UPDATE points_entry SET source = 'x'"):
            with pytest.raises(Error), transaction.atomic():
                cursor.execute(statement)
