"""Undoing a clearing: everything comes back, once, and a return still finds its points."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from members.models import Member
from members.services import merging
from notifications.models import Notice
from points import exceptions, selectors
from points.models import Account, ClearingPlan, Entry, Lot
from points.policies import NEVER, DebtPolicy
from points.selectors import audit
from points.services import ledger
from points.services.clearing import undoing, working
from points.services.rows import Posting
from tests.points.clearing.conftest import YEAR_OVER, approved, at, ordered
from tests.points.conftest import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_notices")]
Grant = Callable[..., Posting]
LATER = YEAR_OVER + timedelta(days=3)


def cleared(**values: object) -> ClearingPlan:
    plan = approved(ordered(**values))
    done = working.work(plan_id=plan.pk, now=YEAR_OVER)
    assert done is not None
    return done


def undone(plan: ClearingPlan, *, counts_through: date | None = None) -> ClearingPlan:
    undoing.request(
        plan_id=plan.pk,
        reason="数错了年份",
        counts_through=counts_through,
        actor="staff:2",
        at=LATER,
    )
    done = working.work(plan_id=plan.pk, now=LATER)
    assert done is not None
    return done


def test_lots_come_back_with_their_age_end_and_store(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"))
    grant(lin, 20, days=None, at=at("2025-04-01"))
    plan = undone(cleared())
    assert (plan.state, plan.undone_accounts, plan.undone_points) == ("undone", 1, 120)
    balance = selectors.balance(lin.pk, LATER)
    assert (balance.available, balance.expired_total, balance.spent_total) == (120, 0, 0)
    back = Lot.objects.filter(entry__kind="restore").order_by("pk")
    assert [(lot.granted, lot.earned_at, lot.expires_at) for lot in back] == [
        (100, at("2025-03-01"), NEVER),
        (20, at("2025-04-01"), NEVER),
    ]
    assert Entry.objects.get(kind="restore").relates_to == Entry.objects.get(kind="expire")
    assert audit.run().breaches == {}
    assert Notice.objects.get(event="undone").points == 120


def test_twice_is_once(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"))
    plan = undone(cleared())
    with pytest.raises(exceptions.ClearingStateWrong):
        undone(plan)
    ClearingPlan.objects.update(state="undoing", heartbeat_at=None)
    working.work(plan_id=plan.pk, now=LATER)
    assert selectors.balance(lin.pk, LATER).available == 100


def test_killed_on_the_way_it_ends_the_same(monkeypatch: pytest.MonkeyPatch, grant: Grant) -> None:
    monkeypatch.setattr(undoing, "WINDOW", 2)
    members = [make_member() for _ in range(7)]
    for member in members:
        grant(member, 10, days=None, at=at("2025-03-01"))
    plan = cleared()
    undoing.request(plan_id=plan.pk, reason="r", counts_through=None, actor="staff:2", at=LATER)

    class Killed(Exception):
        pass

    def die(accounts: int, _points: int) -> None:
        raise Killed

    for turn in range(3):
        with pytest.raises(Killed):
            working.work(plan_id=plan.pk, now=LATER + timedelta(minutes=3 * turn), progress=die)
    done = working.work(plan_id=plan.pk, now=LATER + timedelta(minutes=9))
    assert done is not None
    assert (done.undone_accounts, done.undone_points) == (7, 70)
    assert [selectors.balance(m.pk, LATER).available for m in members] == [10] * 7
    assert audit.run().breaches == {}


def test_what_had_lapsed_by_itself_counts_through_the_day_that_is_given(
    lin: Member, grant: Grant
) -> None:
    grant(lin, 60, days=30)
    plan = approved(ordered(policy="lapsed", earned_last_day=None, last_day=date(2026, 10, 31)))
    plan = working.work(plan_id=plan.pk, now=YEAR_OVER)  # type: ignore[assignment]
    with pytest.raises(exceptions.UndoDayInvalid):
        undone(plan)
    undone(plan, counts_through=date(2027, 1, 31))
    assert selectors.balance(lin.pk, at("2027-01-31", 23)).available == 60
    assert selectors.balance(lin.pk, at("2027-02-01", 0)).available == 0
    assert audit.run().breaches == {}


def test_after_the_window_there_is_no_way_back(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=None, at=at("2025-03-01"))
    plan = cleared()
    with pytest.raises(exceptions.ClearingUndoOver):
        undoing.request(
            plan_id=plan.pk,
            reason="r",
            counts_through=None,
            actor="staff:2",
            at=YEAR_OVER + timedelta(days=31),
        )


def test_a_return_after_the_undoing_takes_the_points_back_once(lin: Member, grant: Grant) -> None:
    """The purchase's lot has expired and its points live in another: nothing is kept for free."""
    grant(lin, 100, days=None, at=at("2025-03-01"), reference="receipt:1")
    undone(cleared())
    ledger.claw_back(
        member_id=lin.pk,
        points=100,
        reference="return:1",
        earn_reference="receipt:1",
        source="return",
        actor="t",
        at=LATER,
        policy=DebtPolicy.OWE,
    )
    balance = selectors.balance(lin.pk, LATER)
    assert (balance.available, balance.debt) == (0, 0)
    assert audit.run().breaches == {}


def test_a_return_before_the_undoing_is_not_given_back(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"), reference="receipt:1")
    plan = cleared()
    ledger.claw_back(
        member_id=lin.pk,
        points=40,
        reference="return:1",
        earn_reference="receipt:1",
        source="return",
        actor="t",
        at=YEAR_OVER + timedelta(days=1),
        policy=DebtPolicy.OWE,
    )
    assert undone(plan).undone_points == 60
    assert selectors.balance(lin.pk, LATER).available == 60
    assert audit.run().breaches == {}


def test_debt_that_arose_meanwhile_is_paid_first(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"))
    plan = cleared()
    ledger.claw_back(
        member_id=lin.pk,
        points=30,
        reference="return:9",
        source="return",
        actor="t",
        at=YEAR_OVER + timedelta(days=1),
        policy=DebtPolicy.OWE,
    )
    undone(plan)
    balance = selectors.balance(lin.pk, LATER)
    assert (balance.available, balance.debt) == (70, 0)
    assert audit.run().breaches == {}


def test_who_was_merged_meanwhile_finds_the_points_in_the_account_that_is_left(
    lin: Member, chen: Member, grant: Grant
) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"))
    plan = cleared()
    merging.merge(kept_id=chen.pk, gone_id=lin.pk, actor="staff:1", at=YEAR_OVER)
    undone(plan)
    assert selectors.balance(chen.pk, LATER).available == 100
    assert selectors.balance(lin.pk, LATER).available == 0
    assert audit.run().breaches == {}


def test_who_left_gets_nothing_back(lin: Member, grant: Grant) -> None:
    grant(lin, 100, days=None, at=at("2025-03-01"))
    plan = cleared()
    Member.objects.filter(pk=lin.pk).update(erased_at=YEAR_OVER)
    assert undone(plan).undone_points == 0
    assert Account.objects.get(member=lin).available == 0
