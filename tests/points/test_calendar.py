"""The expiry calendar, and balances of the past: on the page, in the API, by the command line."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from members.models import Member
from points import selectors
from points.api import serializers
from points.models import ClearingPlan, ClearingSettings
from points.selectors import calendar
from points.services import holds, ledger
from points.services.clearing import plans
from points.services.rows import Posting
from tests import cast
from tests.points.clearing.conftest import approved, at, ordered, rehearsed

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]
NOW = at("2026-11-15")
AUTHENTICATION = 1


def give(grant: Grant, member: Member, points: int, last_day: str | None, **extra: Any) -> None:
    """Points of 2026 that count through `last_day`."""
    ends = None if last_day is None else at(last_day, 24)
    grant(member, points, at=extra.pop("earned", at("2026-01-05")), expires_at=ends, days=None)


def test_twelve_months_from_the_current_one_by_last_days(lin: Member, grant: Grant) -> None:
    give(grant, lin, 1, "2026-11-15")
    give(grant, lin, 2, "2026-11-30")
    give(grant, lin, 4, "2026-12-01")
    give(grant, lin, 8, "2027-02-28")
    give(grant, lin, 16, "2027-10-31")
    give(grant, lin, 32, "2027-11-01")
    give(grant, lin, 64, None)
    give(grant, lin, 128, "2026-11-14")  # over
    found = calendar.calendar(lin.pk, NOW)
    assert [month.first.isoformat()[:7] for month in found.months] == [
        *("2026-11", "2026-12"),
        *(f"2027-{month:02}" for month in range(1, 11)),
    ]
    assert [month.points for month in found.months] == [3, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 16]
    assert (found.later, found.never, found.total) == (32, 64, 127)
    assert found.total == selectors.balance(lin.pk, NOW).available
    assert [[lot.granted for lot in month.lots] for month in found.months[:2]] == [[1, 2], [4]]


def test_held_points_are_left_out_as_of_the_balance(lin: Member, grant: Grant) -> None:
    give(grant, lin, 100, "2026-12-31")
    holds.hold(
        member_id=lin.pk,
        points=30,
        reference="h",
        source="till",
        actor="t",
        at=NOW,
        until=NOW + timedelta(hours=1),
    )
    assert calendar.calendar(lin.pk, NOW).months[1].points == 70


def test_an_approved_clearing_moves_what_it_takes(lin: Member, grant: Grant) -> None:
    give(grant, lin, 100, None, earned=at("2025-05-05"))
    give(grant, lin, 7, "2026-11-20", earned=at("2025-05-06"))
    give(grant, lin, 30, None)
    plan = rehearsed(ordered())
    assert calendar.calendar(lin.pk, NOW).never == 130
    plans.approve(plan_id=plan.pk, actor="staff:2", at=at("2026-11-02"))
    found = calendar.calendar(lin.pk, NOW)
    assert [month.points for month in found.months[:3]] == [7, 100, 0]
    assert (found.never, found.coming) == (30, [plan])
    ends = plan.cutoff_at.astimezone(UTC)
    assert found.months[1].lots[0].ends_at == ends


def test_a_clearing_that_takes_nothing_of_mine_is_not_named(lin: Member, grant: Grant) -> None:
    give(grant, lin, 30, None)
    approved(ordered())
    assert calendar.calendar(lin.pk, NOW).coming == []


@pytest.mark.parametrize("lots", [1, 3])
def test_the_calendar_takes_three_queries(
    lin: Member, grant: Grant, lots: int, django_assert_num_queries: Any
) -> None:
    for number in range(lots):
        give(grant, lin, 10 + number, f"2027-0{number + 1}-10")
    with django_assert_num_queries(3):
        assert sum(len(month.lots) for month in calendar.calendar(lin.pk, NOW).months) == lots


def test_the_page_shows_it_in_both_languages() -> None:
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 260, expires_at=now + timedelta(days=20))
    cast.earned(lin, 40, expires_at=now + timedelta(days=900))
    client = cast.browser_of(lin)
    page = client.get("/points/expiring/").content.decode()
    for text in ("今后十二个月", "260", "更晚到期", "无到期"):
        assert text in page
    english = client.get("/points/expiring/", headers={"Accept-Language": "en"}).content.decode()
    assert "The next twelve months" in english
    assert Client().get("/points/expiring/").status_code == 302


def test_the_page_of_somebody_without_points() -> None:
    page = cast.browser_of(cast.member()).get("/points/expiring/").content.decode()
    assert "暂无" in page or "没有" in page


def test_the_api_adds_up() -> None:
    lin = cast.member()
    now = timezone.now()
    cast.earned(lin, 260, expires_at=now + timedelta(days=20))
    cast.earned(lin, 40, expires_at=now + timedelta(days=900))
    cast.earned(lin, 5, expires_at=None)
    answer = cast.program_of(lin).get("/api/v1/me/expiry-calendar").json()
    assert set(answer) == set(serializers.CalendarSerializer().fields)
    assert len(answer["months"]) == 12
    assert sum(month["points"] for month in answer["months"]) == 260
    assert (answer["later"], answer["never"], answer["total"]) == (40, 5, 305)
    lot = next(lot for month in answer["months"] for lot in month["lots"])
    assert set(lot) == set(serializers.EndingLotSerializer().fields)
    assert datetime.fromisoformat(lot["ends_at"]).utcoffset() == timedelta(hours=8)


def test_a_balance_of_the_past_by_the_api() -> None:
    lin = cast.member()
    cast.earned(lin, 100)
    client = cast.program_of(lin)
    before = (timezone.now() - timedelta(days=1000)).isoformat()
    answer = client.get("/api/v1/me/points/as-of", {"at": before}).json()
    assert set(answer) == set(serializers.BalanceAsOfSerializer().fields)
    assert answer["available"] == 0
    now = timezone.now().isoformat()
    assert client.get("/api/v1/me/points/as-of", {"at": now}).json()["available"] == 100
    for wrong in ("", "soon", "2999-01-01T00:00:00+08:00", "2026-13-01"):
        refused = client.get("/api/v1/me/points/as-of", {"at": wrong})
        assert refused.status_code == 400, wrong
        assert "at" in refused.content.decode()


def run(*words: str, **options: Any) -> str:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_a_clearing_by_the_command_line(lin: Member, grant: Grant) -> None:
    ClearingSettings.objects.create(required_days="", remind_days="")
    grant(lin, 60, days=30)
    yesterday = timezone.localdate() - timedelta(days=1)
    plan = ordered(policy="lapsed", earned_last_day=None, last_day=yesterday)
    with pytest.raises(CommandError):
        run("clear_points", str(plan.pk))
    assert '"points": 60' in run("clear_points", str(plan.pk), rehearse=True)
    plans.approve(plan_id=plan.pk, actor="staff:2", at=timezone.now())
    assert "60" in run("clear_points", str(plan.pk))
    assert ClearingPlan.objects.get().state == "done"
    with pytest.raises(CommandError):
        run("clear_points", "999")
    with pytest.raises(CommandError):
        run("clear_points", str(plan.pk), go_on=True)


def test_reminders_by_the_command_line() -> None:
    lin = cast.member()
    cast.earned(lin, 260, expires_at=timezone.now() + timedelta(days=20))
    assert "260" in run("remind_expiring")
    assert "260" not in run("remind_expiring")


def test_a_spend_of_the_past_is_seen_at_its_time(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2026-01-01"))
    ledger.spend(
        member_id=lin.pk, points=40, reference="s", source="mall", actor="t", at=at("2026-02-01")
    )
    assert selectors.balance_as_of(lin.pk, at("2026-01-15")).available == 100
    assert selectors.balance_as_of(lin.pk, at("2026-02-15")).available == 60


def test_what_a_near_clearing_ends_counts_as_expiring(lin: Member, grant: Grant) -> None:
    give(grant, lin, 100, None, earned=at("2025-05-05"))
    give(grant, lin, 30, None)
    approved(ordered())
    assert calendar.ending_by_order(lin.pk, at("2026-12-01")) == 0
    assert calendar.ending_by_order(lin.pk, at("2026-12-03")) == 100
    assert calendar.ending_by_order(lin.pk, at("2027-01-02")) == 0
