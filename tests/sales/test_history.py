"""How often members have bought."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from members.models import Member
from sales.selectors import history
from stores.models import Store
from tests.sales.conftest import CHEN, NOON, back, receipt, take

pytestmark = [pytest.mark.usefixtures("rule"), pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def _bought(store: Store, lin: Member, chen: Member) -> None:
    """Lin on five days, of which three count; Chen once; a guest once."""
    gone = receipt("S-2", "50", "7", at=NOON - 4 * DAY)
    some = receipt("S-3", "50", "7", at=NOON - 3 * DAY)
    take(
        store,
        receipt("S-1", "50", at=NOON - 5 * DAY),
        gone,
        some,
        receipt("S-4", "0", at=NOON - 2 * DAY),
        receipt("S-5", "50", at=NOON - timedelta(microseconds=1)),
        receipt("C-1", "50", at=NOON - DAY, member=CHEN),
        receipt("G-1", "50", at=NOON - DAY, member=None),
        back("R-2", "S-2", *gone.lines),
        back("R-3", "S-3", some.lines[0]),
        receipt("R-4", "50", kind="return", at=NOON - 2 * DAY),
        back("R-5", "S-99", some.lines[0]),
    )


@pytest.mark.usefixtures("_bought")
def test_sales_that_are_worth_something_are_counted(
    lin: Member, chen: Member, django_assert_num_queries: Any
) -> None:
    asked: list[tuple[int, datetime | None, datetime]] = [
        (lin.pk, None, NOON),
        (lin.pk, None, NOON - timedelta(microseconds=1)),
        (lin.pk, NOON - 5 * DAY, NOON - 3 * DAY),
        (lin.pk, NOON - 5 * DAY + timedelta(microseconds=1), NOON),
        (chen.pk, None, NOON),
        (chen.pk, NOON, NOON + DAY),
        (lin.pk, None, NOON),
        (10**9, None, NOON),
    ]
    with django_assert_num_queries(1):
        assert history.purchase_counts(asked) == [3, 2, 1, 2, 1, 0, 3, 0]


@pytest.mark.usefixtures("_bought")
@pytest.mark.parametrize(("asked", "queries"), [(0, 0), (1, 1), (500, 1), (501, 2)])
def test_five_hundred_are_one_query(
    lin: Member, asked: int, queries: int, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(queries):
        assert history.purchase_counts([(lin.pk, None, NOON)] * asked) == [3] * asked
