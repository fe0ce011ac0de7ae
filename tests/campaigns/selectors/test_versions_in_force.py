"""Compiled versions are kept, but which one is in force is asked each time."""

from datetime import timedelta
from typing import Any

import pytest

from campaigns.selectors import rules as selectors
from campaigns.services import rules
from tests.campaigns.conftest import NOON, draft, published
from tests.campaigns.making import rule
from tests.racing import succeeded, together

DOUBLE = rule("double", "multiplier", factor="2")


def number_in_force() -> int:
    program = selectors.timetable().at(NOON)
    assert program is not None
    return program.number


def test_a_kept_version_costs_one_query(db: None, django_assert_num_queries: Any) -> None:
    published(DOUBLE)
    number_in_force()

    with django_assert_num_queries(1):
        assert number_in_force() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_new_version_counts_at_once_for_everybody() -> None:
    """Each thread has its connection, as each process would; all of them know the old version."""
    published(DOUBLE)
    assert set(succeeded(together(4, lambda _: number_in_force()))) == {1}

    rules.publish(
        version=draft(starts_at=NOON - timedelta(days=1)),
        by=None,
        now=NOON - timedelta(days=1),
        reason="at once",
        short_notice_reason="at once",
    )

    assert succeeded(together(4, lambda _: number_in_force())) == [2] * 4
