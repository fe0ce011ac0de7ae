"""Clearings of the tests: a plan on its way, and members who were told in time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from points.models import ClearingPlan, ClearingSettings
from points.services import reminders
from points.services.clearing import plans, working

SHANGHAI = ZoneInfo("Asia/Shanghai")
ORDERED = datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI)
"""When somebody orders the year's clearing: two months ahead."""
YEAR_OVER = datetime(2027, 1, 1, 0, 0, tzinfo=SHANGHAI)

Making = Callable[..., ClearingPlan]


def at(day: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(
        hours=hour
    )


def ordered(**values: Any) -> ClearingPlan:
    """The year-end clearing of what was earned through 2025, as a draft of staff 1."""
    usual: dict[str, Any] = {
        "name": "2026 年末",
        "policy": "year_end",
        "earned_first_day": None,
        "earned_last_day": date(2025, 12, 31),
        "last_day": date(2026, 12, 31),
    }
    return plans.order(values=usual | values, actor="staff:1", at=ORDERED)


def rehearsed(plan: ClearingPlan, now: datetime = ORDERED) -> ClearingPlan:
    plans.request_rehearsal(plan_id=plan.pk, at=now)
    done = working.work(plan_id=plan.pk, now=now)
    assert done is not None
    return done


def approved(plan: ClearingPlan, now: datetime = ORDERED) -> ClearingPlan:
    rehearsed(plan, now)
    return plans.approve(plan_id=plan.pk, actor="staff:2", at=now)


def reminded(*days: str) -> None:
    """The job of ten o'clock on these days."""
    for day in days:
        reminders.remind(now=at(day))


@pytest.fixture
def no_notices(db: None) -> ClearingSettings:
    row, _made = ClearingSettings.objects.update_or_create(pk=1, defaults={"required_days": ""})
    return row
