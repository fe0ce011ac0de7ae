"""More time for members whom a clearing passed over."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from members.models import Member
from notifications.models import Notice
from points import exceptions, selectors
from points.models import ClearingPlan
from points.selectors import audit, clearing_reports
from points.services import reminders
from points.services.book import WINDOW
from points.services.clearing import extending, working
from points.services.rows import Posting
from tests.points.clearing.conftest import YEAR_OVER, approved, at, ordered
from tests.points.conftest import make_member

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]
NOW = YEAR_OVER + timedelta(hours=10)
THROUGH = date(2027, 2, 15)


def passed_over(grant: Grant, *members: Member) -> ClearingPlan:
    """A clearing of what had lapsed, of which nobody had been told."""
    for member in members:
        grant(member, 60, at=at("2026-01-05"), expires_at=YEAR_OVER, days=None)
    plan = approved(ordered(policy="lapsed", earned_last_day=None))
    done = working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert done is not None
    return done


def extend(plan: ClearingPlan, through: date = THROUGH) -> tuple[int, int]:
    return extending.extend(plan_id=plan.pk, counts_through=through, actor="staff:2", at=NOW)


def test_points_count_again_and_are_reminded_of(lin: Member, grant: Grant) -> None:
    plan = passed_over(grant, lin)
    assert clearing_reports.has_untold(plan)
    assert selectors.balance(lin.pk, NOW).available == 0
    assert extend(plan) == (1, 60)
    assert selectors.balance(lin.pk, at("2027-02-15", 23)).available == 60
    assert selectors.balance(lin.pk, at("2027-02-16", 0)).available == 0
    assert Notice.objects.get(kind="points_cleared").points == 60
    reminders.remind(now=at("2027-01-17"))
    assert Notice.objects.filter(kind="points_expiring").count() == 1
    assert audit.run().breaches == {}


def test_again_there_is_nothing_left_to_do(lin: Member, grant: Grant) -> None:
    plan = passed_over(grant, lin)
    extend(plan)
    assert not clearing_reports.has_untold(plan)
    assert extend(plan) == (0, 0)
    assert selectors.balance(lin.pk, NOW).available == 60


def test_more_members_than_a_window(monkeypatch: pytest.MonkeyPatch, grant: Grant) -> None:
    assert WINDOW > 3
    monkeypatch.setattr(extending, "WINDOW", 3)
    members = [make_member() for _ in range(7)]
    plan = passed_over(grant, *members)
    assert extend(plan) == (7, 420)
    assert [selectors.balance(member.pk, NOW).available for member in members] == [60] * 7
    assert audit.run().breaches == {}


def test_only_beyond_today_and_only_after_the_clearing(lin: Member, grant: Grant) -> None:
    plan = passed_over(grant, lin)
    with pytest.raises(exceptions.UndoDayInvalid):
        extend(plan, date(2027, 1, 1))
    with pytest.raises(exceptions.ClearingStateWrong):
        extend(ordered())
