"""The rewards along the way of a member who saves."""

from typing import Any

import pytest
from django.utils import timezone

from mall.selectors import goals
from tests.mall import redeeming

pytestmark = pytest.mark.django_db


def along(available: int) -> list[tuple[int, int]]:
    found = goals.along_the_way(available, at=timezone.now())
    return [(goal.reward.points, goal.missing) for goal in found]


def test_one_in_reach_the_next_and_one_further_off() -> None:
    for points in (50, 100, 300, 450, 700, 5_000):
        redeeming.reward(points=points)
    assert along(120) == [(100, 0), (300, 180), (700, 580)]
    assert along(10) == [(50, 40), (300, 290)]
    assert along(9_000) == [(5_000, 0)]


def test_only_what_everybody_may_have_for_points_alone() -> None:
    redeeming.reward(points=80, money=5)
    redeeming.reward(points=81, segment="vip")
    redeeming.reward(points=82, left=0)
    redeeming.reward(points=83, state="off")
    redeeming.reward(points=84, spend_min=100)
    assert along(100) == []


@pytest.mark.parametrize("count", [3, 9])
def test_as_many_queries_whatever_there_is(count: int, django_assert_num_queries: Any) -> None:
    for place in range(count):
        redeeming.reward(points=10 * 3**place)
    with django_assert_num_queries(4):
        assert len(along(10)) == 3
