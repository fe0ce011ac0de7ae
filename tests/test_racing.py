"""The helper that other tests lean on has to be right itself."""

import threading

import pytest
from django.db import connection

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
