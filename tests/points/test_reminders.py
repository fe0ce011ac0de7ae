"""Reminders: who is told what, on which day, once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from members.models import Member
from notifications.models import Message, Notice
from points.models import ClearingSettings, ExpiryNotice
from points.services import ledger, reminders
from points.services.rows import Posting
from tests.points.clearing.conftest import approved, at, ordered
from tests.points.conftest import make_member
from tests.racing import succeeded, together

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


def ending(grant: Grant, member: Member, points: int, last_day: str, **extra: object) -> None:
    """Points that count through `last_day`."""
    grant(member, points, at=at("2026-01-05"), expires_at=at(last_day, 24), **extra)


def told(member: Member) -> list[tuple[int, int, int]]:
    """(points, days that were left, points that stay) of each notice, in their order."""
    rows = Notice.objects.filter(member=member, kind="points_expiring").order_by("pk")
    return [(row.points or 0, row.context["days"], row.context["stays"]) for row in rows]


def days(first: str, count: int) -> list[datetime]:
    return [at(first) + timedelta(days=n) for n in range(count)]


def test_sixty_thirty_seven_and_one_days_ahead(lin: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    grant(lin, 40, days=None)
    for now in days("2026-04-20", 90):
        reminders.remind(now=now)
    assert told(lin) == [(100, 60, 40), (100, 30, 40), (100, 7, 40), (100, 1, 40)]
    assert [row.days_left for row in ExpiryNotice.objects.order_by("told_at")] == [60, 30, 7, 1]
    first = ExpiryNotice.objects.order_by("told_at").first()
    assert first is not None
    # The last of sixty days is the last on which the points count.
    assert (first.told_at, first.points, first.stays) == (at("2026-05-02"), 100, 40)


def test_one_notice_for_everything_that_is_due_on_a_day(lin: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    ending(grant, lin, 30, "2026-06-07")
    ending(grant, lin, 5, "2026-06-07")
    reminders.remind(now=at("2026-06-01"))
    notice = Notice.objects.get()
    assert (notice.points, notice.context["days"]) == (135, 7)
    assert notice.context["details"] == "35 · 2026-06-07; 100 · 2026-06-30"
    assert {(row.stage, row.points) for row in ExpiryNotice.objects.all()} == {(7, 35), (30, 100)}
    assert {row.reference for row in ExpiryNotice.objects.all()} == {notice.reference}


def test_a_day_without_a_run_is_caught_up_once(lin: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    reminders.remind(now=at("2026-06-05"))
    reminders.remind(now=at("2026-06-05", 15))
    reminders.remind(now=at("2026-06-06"))
    assert told(lin) == [(100, 26, 0)]
    assert ExpiryNotice.objects.get().stage == 30


def test_what_is_spent_is_not_named(lin: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    ledger.spend(
        member_id=lin.pk, points=60, reference="s", source="mall", actor="t", at=at("2026-05-10")
    )
    reminders.remind(now=at("2026-06-01"))
    assert told(lin) == [(40, 30, 0)]


def test_merged_and_erased_members_are_not_told(lin: Member, chen: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    ending(grant, chen, 100, "2026-06-30")
    Member.objects.filter(pk=chen.pk).update(erased_at=at("2026-05-01"))
    assert reminders.remind(now=at("2026-06-01")).members == 1
    assert not told(chen)
    assert not ExpiryNotice.objects.filter(account__member=chen).exists()


def test_the_merchant_sets_the_days_and_a_least_number(lin: Member, grant: Grant) -> None:
    ClearingSettings.objects.create(remind_days="14", required_days="", least_points=50)
    ending(grant, lin, 100, "2026-06-30")
    small = make_member()
    ending(grant, small, 49, "2026-06-30")
    for now in days("2026-06-01", 31):
        reminders.remind(now=now)
    assert told(lin) == [(100, 14, 0)]
    assert not told(small)


def test_without_reminders_nobody_is_told(lin: Member, grant: Grant) -> None:
    ClearingSettings.objects.create(remind_days="", required_days="")
    ending(grant, lin, 100, "2026-06-30")
    assert reminders.remind(now=at("2026-06-30")).members == 0


def test_an_ordered_clearing_is_reminded_of_by_its_own_day(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-06-01"))
    grant(lin, 30, days=None, at=at("2026-06-01"))
    approved(ordered())
    for now in days("2026-11-01", 62):
        reminders.remind(now=now)
    # Ordered on 2 November, 60 days ahead: the first run of that day is two days late.
    assert told(lin) == [(100, 60, 30), (100, 30, 30), (100, 7, 30), (100, 1, 30)]


def test_nobody_is_told_at_night() -> None:
    assert [hour for hour in range(24) if reminders.is_daytime(at("2026-06-01", hour))] == list(
        range(9, 21)
    )


def test_a_run_that_is_killed_tells_the_others_and_nobody_twice(
    monkeypatch: pytest.MonkeyPatch, grant: Grant
) -> None:
    monkeypatch.setattr(reminders, "WINDOW", 2)
    members = [make_member() for _ in range(7)]
    for member in members:
        ending(grant, member, 10, "2026-06-30")

    class Killed(Exception):
        pass

    def die(_members: int) -> None:
        raise Killed

    for _turn in range(3):
        with pytest.raises(Killed):
            reminders.remind(now=at("2026-06-01"), progress=die)
    reminders.remind(now=at("2026-06-01"))
    assert [told(member) for member in members] == [[(10, 30, 0)]] * 7


def test_proofs_are_kept_as_long_as_notices_and_then_forgotten(lin: Member, grant: Grant) -> None:
    ending(grant, lin, 100, "2026-06-30")
    ending(grant, lin, 30, "2026-12-31")
    reminders.remind(now=at("2026-06-01"))
    reminders.remind(now=at("2026-12-02"))
    assert reminders.forget_old(before=at("2026-06-15"), limit=10) == 0
    assert reminders.forget_old(before=at("2026-12-10"), limit=10) == 1
    assert ExpiryNotice.objects.get().points == 30


def test_a_window_takes_a_fixed_number_of_queries(grant: Grant) -> None:
    counts = []
    for count in (1, 3, 30):
        for _ in range(count):
            ending(grant, make_member(), 10, "2026-06-30")
        with CaptureQueriesContext(connection) as found:
            reminders.remind(now=at("2026-06-01"))
        counts.append(len(found))
    assert len(set(counts)) == 1, counts


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_four_at_once_tell_each_member_once(grant: Grant) -> None:
    members = [make_member() for _ in range(20)]
    for number, member in enumerate(members):
        ending(grant, member, 10 + number, "2026-06-30")
    answers = together(24, lambda _n: reminders.remind(now=at("2026-06-01")))
    assert len(succeeded(answers)) == 24, answers
    assert Notice.objects.filter(kind="points_expiring").count() == 20
    assert ExpiryNotice.objects.count() == 20
    per_notice = Message.objects.values_list("notice_id", "channel")
    assert len(set(per_notice)) == len(per_notice)
