"""A clearing from its draft to its end: who may do what, when, and what it takes."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from members.models import Member
from notifications.models import Notice
from points import exceptions, selectors
from points.models import ClearingPlan, ClearingRun, ClearingSettings, ClearingSkip, Entry, Lot
from points.selectors import audit
from points.services import expiry, holds, ledger, transfers
from points.services.clearing import engine, plans, telling, working
from points.services.rows import Posting
from tests.points.clearing.conftest import (
    ORDERED,
    YEAR_OVER,
    approved,
    at,
    ordered,
    rehearsed,
    reminded,
)
from tests.points.conftest import make_member

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]
STATES = ClearingPlan.State


def old(grant: Grant, member: Member, points: int, day: str = "2025-06-01", **extra: object) -> int:
    """Points of a day that never lapse by themselves."""
    return grant(member, points, days=None, at=at(day), **extra).entry_id


def test_what_was_earned_in_the_years_goes_and_nothing_else(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    old(grant, lin, 40, "2026-01-01")
    old(grant, lin, 7, "2025-12-31", expires_at=YEAR_OVER)  # ends then by itself
    old(grant, lin, 9, "2025-07-01", expires_at=YEAR_OVER + timedelta(days=9))  # keeps its day
    plan = approved(ordered())
    reminded("2026-12-02", "2026-12-25")
    done = working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert done is not None
    assert done.state == STATES.DONE
    run = ClearingRun.objects.get()
    assert (run.plan_id, run.accounts, run.lots, run.points) == (plan.pk, 1, 1, 100)
    entry = Entry.objects.get(kind="expire")
    assert (entry.source, entry.d_available, entry.occurred_at) == ("clearing", -100, YEAR_OVER)
    assert entry.explanation["plan"] == plan.pk
    assert selectors.balance(lin.pk, YEAR_OVER).available == 49
    assert audit.run().breaches == {}


def test_points_with_a_day_of_their_own_keep_it_and_the_rehearsal_says_so(
    lin: Member, grant: Grant
) -> None:
    old(grant, lin, 9, "2025-07-01", expires_at=YEAR_OVER + timedelta(days=9))
    plan = rehearsed(ordered())
    assert plan.rehearsal["points"] == 0
    assert plan.rehearsal["kept"] == {"accounts": 1, "points": 9}


def test_at_night_nothing_is_booked_where_clearings_do_it(lin: Member, grant: Grant) -> None:
    grant(lin, 60, days=30)
    ClearingSettings.objects.create(nightly="none")
    assert expiry.expire_nightly(now=ORDERED) is None
    ClearingSettings.objects.update(nightly="told")
    run = expiry.expire_nightly(now=ORDERED)
    assert run is not None
    assert (run.points, ClearingSkip.objects.get().points) == (0, 60)
    ClearingSettings.objects.update(nightly="all")
    run = expiry.expire_nightly(now=ORDERED)
    assert run is not None
    assert run.points == 60
    assert selectors.balance(lin.pk, ORDERED).available == 0


def test_points_count_until_the_clearing_has_run(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    approved(ordered())
    late = YEAR_OVER + timedelta(minutes=5)
    assert selectors.balance(lin.pk, late).available == 100


def test_members_without_the_notices_are_passed_over_and_listed(lin: Member, grant: Grant) -> None:
    untold = make_member("没收到")
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded("2026-12-02")
    old(grant, untold, 50)  # of an import that came after the reminder of 30 days
    Lot.objects.filter(account__member=untold).update(usable_at=at("2025-06-01"))
    reminded("2026-12-25")
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    skip = ClearingSkip.objects.get()
    assert (skip.account.member_id, skip.points, skip.reason) == (untold.pk, 50, "not_told")
    assert selectors.balance(untold.pk, YEAR_OVER).available == 50
    assert selectors.balance(lin.pk, YEAR_OVER).available == 0
    assert audit.run().breaches == {}


def test_points_that_came_too_late_for_a_reminder_do_not_owe_it(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered(earned_last_day=date(2026, 12, 31)))
    reminded("2026-12-02")
    old(grant, lin, 5, "2026-12-20")
    reminded("2026-12-25")
    old(grant, lin, 3, "2026-12-30")
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert ClearingRun.objects.get().points == 108
    assert not ClearingSkip.objects.exists()


@pytest.mark.parametrize(("late", "points"), [(3, 100), (4, 0)])
def test_a_notice_counts_up_to_three_days_after_its_day(
    lin: Member, grant: Grant, late: int, points: int
) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded(f"2026-12-{2 + late:02}", "2026-12-25")
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert ClearingRun.objects.get().points == points


def test_a_gift_owes_only_the_notices_that_could_reach_its_new_owner(
    lin: Member, chen: Member, grant: Grant
) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded("2026-12-02")
    transfers.transfer(
        from_member_id=lin.pk,
        to_member_id=chen.pk,
        points=60,
        reference="gift",
        actor="t",
        at=at("2026-12-20"),
    )
    reminded("2026-12-25")
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert ClearingRun.objects.get().points == 100
    assert not ClearingSkip.objects.exists()
    assert audit.run().breaches == {}


def test_what_a_checkout_reserves_stays_and_is_listed(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded("2026-12-02", "2026-12-25")
    holds.hold(
        member_id=lin.pk,
        points=30,
        reference="h",
        source="till",
        actor="t",
        at=YEAR_OVER - timedelta(minutes=1),
        until=YEAR_OVER + timedelta(minutes=9),
    )
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    skip = ClearingSkip.objects.get()
    assert (skip.reason, skip.points) == ("held", 100)
    assert not Entry.objects.filter(kind="expire").exists()


def test_who_ordered_or_changed_it_cannot_approve_it(lin: Member) -> None:
    plan = ordered()
    with pytest.raises(exceptions.ClearingStateWrong):
        plans.approve(plan_id=plan.pk, actor="staff:2", at=ORDERED)
    rehearsed(plan)
    with pytest.raises(exceptions.ClearingIsOwn):
        plans.approve(plan_id=plan.pk, actor="staff:1", at=ORDERED)
    plans.change(plan_id=plan.pk, values={"name": "改"}, actor="staff:2")
    rehearsed(plan)
    for actor in ("staff:1", "staff:2"):
        with pytest.raises(exceptions.ClearingIsOwn):
            plans.approve(plan_id=plan.pk, actor=actor, at=ORDERED)
    assert plans.approve(plan_id=plan.pk, actor="staff:3", at=ORDERED).state == STATES.APPROVED


def test_a_change_makes_the_rehearsal_void(lin: Member) -> None:
    plan = rehearsed(ordered())
    changed = plans.change(plan_id=plan.pk, values={"last_day": date(2027, 1, 31)}, actor="staff:1")
    assert (changed.state, changed.rehearsal) == (STATES.DRAFT, {})


def test_an_old_rehearsal_cannot_be_approved(lin: Member) -> None:
    plan = rehearsed(ordered())
    with pytest.raises(exceptions.RehearsalTooOld):
        plans.approve(plan_id=plan.pk, actor="staff:2", at=ORDERED + timedelta(days=8))


def test_an_approval_leaves_time_for_the_notices(lin: Member) -> None:
    close = at("2026-12-03")
    plan = rehearsed(ordered(), close)
    with pytest.raises(exceptions.ClearingTooSoon) as refused:
        plans.approve(plan_id=plan.pk, actor="staff:2", at=close)
    assert (refused.value.field, refused.value.params["days"]) == ("last_day", 30)


def test_nothing_starts_before_its_day_has_ended(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    last_moment = YEAR_OVER - timedelta(microseconds=1)
    assert plans.open_plans(now=last_moment) == []
    with pytest.raises(exceptions.ClearingNotDue):
        plans.start(plan_id=plan.pk, at=last_moment)
    assert plans.open_plans(now=YEAR_OVER) == [plan.pk]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"earned_last_day": None}, "earned_last_day"),
        ({"earned_first_day": date(2026, 1, 1)}, "earned_first_day"),
        ({"earned_last_day": date(2027, 1, 1)}, "last_day"),
    ],
)
def test_days_that_do_not_fit_are_refused(db: None, values: dict[str, object], field: str) -> None:
    with pytest.raises(exceptions.ClearingScopeInvalid) as refused:
        ordered(**values)
    assert refused.value.field == field
    assert not ClearingPlan.objects.exists()


def test_a_clearing_that_is_stopped_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, grant: Grant, no_notices: object
) -> None:
    monkeypatch.setattr(engine, "WINDOW", 2)
    monkeypatch.setattr(plans, "_TELL_SECONDS", 0.0)
    for _ in range(7):
        old(grant, make_member(), 10)
    plan = approved(ordered())

    def stop_at_four(accounts: int, _points: int) -> None:
        if accounts == 4:
            plans.stop(plan_id=plan.pk)

    stopped = working.work(plan_id=plan.pk, now=YEAR_OVER, progress=stop_at_four)
    assert stopped is not None
    assert stopped.state == STATES.STOPPED
    assert Entry.objects.filter(kind="expire").count() == 4
    assert plans.open_plans(now=YEAR_OVER + timedelta(days=1)) == []
    plans.start(plan_id=plan.pk, at=YEAR_OVER + timedelta(hours=1))
    done = working.work(plan_id=plan.pk, now=YEAR_OVER + timedelta(hours=1))
    assert done is not None
    assert done.state == STATES.DONE
    assert Entry.objects.filter(kind="expire").count() == 7
    assert sum(ClearingRun.objects.values_list("points", flat=True)) == 70


def test_a_worker_that_dies_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, grant: Grant, no_notices: object
) -> None:
    monkeypatch.setattr(engine, "WINDOW", 2)
    for _ in range(6):
        old(grant, make_member(), 10)
    plan = approved(ordered())

    class Killed(Exception):
        pass

    def die(accounts: int, _points: int) -> None:
        if accounts >= 2:
            raise Killed

    for turn in range(3):
        now = YEAR_OVER + timedelta(minutes=3 * turn)
        assert plans.open_plans(now=now) == [plan.pk]
        if turn < 2:
            with pytest.raises(Killed):
                working.work(plan_id=plan.pk, now=now, progress=die)
            assert working.work(plan_id=plan.pk, now=now) is None  # it may still be alive
        else:
            working.work(plan_id=plan.pk, now=now)
    plan.refresh_from_db()
    assert plan.state == STATES.DONE
    assert (
        sorted(Entry.objects.filter(kind="expire").values_list("d_available", flat=True))
        == [-10] * 6
    )
    assert audit.run().breaches == {}


def test_members_are_told_once_what_went(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded("2026-12-02", "2026-12-25")
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert telling.tell_cleared(now=YEAR_OVER) == 1
    assert telling.tell_cleared(now=YEAR_OVER) == 0
    notice = Notice.objects.get(kind="points_cleared")
    assert (notice.member_id, notice.points) == (lin.pk, -100)
    assert notice.context["stays"] == 0


def test_a_withdrawn_clearing_reminds_nobody_and_takes_nothing(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    plans.withdraw(plan_id=plan.pk, at=ORDERED)
    reminded("2026-12-02")
    assert not Notice.objects.filter(kind="points_expiring").exists()
    assert plans.open_plans(now=YEAR_OVER) == []
    with pytest.raises(exceptions.ClearingStateWrong):
        plans.start(plan_id=plan.pk, at=YEAR_OVER)


def test_what_had_lapsed_long_ago_is_cleared_by_the_same_way(
    lin: Member, grant: Grant, no_notices: object
) -> None:
    grant(lin, 60, days=30)
    grant(lin, 5, days=None)
    plan = approved(ordered(policy="lapsed", earned_last_day=None, last_day=date(2026, 10, 31)))
    assert plan.rehearsal["points"] == 60
    working.work(plan_id=plan.pk, now=ORDERED)
    assert ClearingRun.objects.get().points == 60
    assert Entry.objects.get(kind="expire").occurred_at == plan.cutoff_at
    assert audit.run().breaches == {}


def test_only_points_that_one_store_bears(lin: Member, grant: Grant, no_notices: object) -> None:
    from stores.models import Store

    store = Store.objects.create(code="S1", name="一店")
    old(grant, lin, 100, store_id=store.pk)
    old(grant, lin, 11)
    plan = approved(ordered(store=store))
    assert plan.rehearsal["points"] == 100
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert selectors.balance(lin.pk, YEAR_OVER).available == 11


def test_a_spend_before_the_run_is_not_cleared_again(lin: Member, grant: Grant) -> None:
    old(grant, lin, 100)
    plan = approved(ordered())
    reminded("2026-12-02", "2026-12-25")
    ledger.spend(
        member_id=lin.pk, points=70, reference="s", source="mall", actor="t", at=at("2026-12-26")
    )
    working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert ClearingRun.objects.get().points == 30
