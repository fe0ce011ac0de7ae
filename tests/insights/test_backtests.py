"""A draft played over real purchases: sums, people, returns, limits, and nothing written."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns import exceptions as refusals
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.services import rules
from insights import exceptions, tasks
from insights.models import BacktestRun
from insights.selectors import reports
from insights.services import backtests
from members.models import Member
from points.selectors import balances
from sales.models import Receipt
from stores.models import Store
from tests import cast
from tests.campaigns.conftest import draft
from tests.insights.conftest import NOW, sell


def played(version: EarningRuleVersion, days: int = 30) -> BacktestRun:
    run = backtests.request_days(version=version, days=days, by=None, now=NOW)
    backtests.work(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    return run


def net(run: BacktestRun) -> tuple[int, int]:
    total = run.result["total"]
    return total["live"]["net"], total["draft"]["net"]


def test_both_programs_judge_the_same_purchases(
    shop: Store, lin: Member, chen: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "25.50", "9")
    sell(shop, "2", chen, "8")
    sell(shop, "3", chen, "400", days_ago=31)

    run = played(tens)

    assert run.state == BacktestRun.State.DONE
    assert net(run) == (42, 40)  # 34 + 8; 30 + 5 + 0 + 5
    assert (run.result["members"], run.result["better"], run.result["worse"]) == (2, 1, 1)
    assert run.result["best"] == [{"change": 1, "member": lin.pk, "live": 34, "draft": 35}]
    assert run.result["worst"] == [{"change": -3, "member": chen.pk, "live": 8, "draft": 5}]
    assert run.result["turnover"] == "42.50"
    assert (run.done, run.total, run.percent) == (2, 2, 100)


def test_limits_count_along(
    shop: Store, lin: Member, chen: Member, tens: EarningRuleVersion
) -> None:
    for number in range(3):
        sell(shop, f"L{number}", lin, "10")
    sell(shop, "C", chen, "10")

    assert net(played(tens)) == (40, 50)  # 4 × 10, and the gift once for each of them


def test_what_came_back_is_taken_off_line_by_line(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "20", "20")
    sell(shop, "R1", lin, "20", kind="return", original="1", days_ago=2)
    sell(shop, "R2", lin, "35", kind="return", days_ago=1)

    total = played(tens).result["total"]

    assert total["receipts"] == 2  # the sale, and the return without one
    assert total["live"] == {"earned": 40, "taken": 20 + 35, "net": -15}
    assert total["draft"] == {"earned": 45, "taken": 25 + 30, "net": -10}


def test_the_live_side_agrees_with_the_books(shop: Store, lin: Member, chen: Member) -> None:
    for number, amount in enumerate(("19.99", "5", "88.80", "0.99")):
        sell(shop, f"L{number}", lin, amount, "3.01")
        sell(shop, f"C{number}", chen, amount)
    sell(shop, "R", lin, "88.80", kind="return", original="L2")

    live, draft_ = net(played(draft(starts_at=NOW + timedelta(days=30))))

    booked = [balances.balance(one.pk, at=NOW) for one in (lin, chen)]
    assert live == draft_ == sum(balance.available for balance in booked)


def test_groups_by_store_and_category(shop: Store, lin: Member, tens: EarningRuleVersion) -> None:
    other = Store.objects.create(code="S2", name="湖滨店")
    sell(shop, "1", lin, "10")
    sell(other, "2", lin, "30", days_ago=4)

    run = played(tens)
    report = reports.of_run(run)

    assert report is not None
    tables = dict(report.tables)
    stores = next(groups for groups in tables.values() if groups[0].name in ("西湖店", "湖滨店"))
    assert {group.name: (group.live, group.draft) for group in stores} == {
        "西湖店": (10, 15),
        "湖滨店": (30, 35),
    }
    assert report.total.change_yuan == report.total.draft_yuan - report.total.live_yuan
    lines = "".join(reports.csv_lines(report))
    assert "湖滨店" in lines
    assert lin.name in lines


def test_a_draft_that_was_tested_may_be_published_without_a_reason(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "10")
    played(tens)
    tens.refresh_from_db()
    assert tens.tested_change == 5

    EarningRule.objects.filter(version=tens).update(points=6)
    with pytest.raises(refusals.BacktestMissing):
        rules.publish(version=tens, by=None, now=NOW)

    EarningRule.objects.filter(version=tens).update(points=5)
    assert rules.publish(version=tens, by=None, now=NOW).number == 2


def test_a_change_for_the_worse_needs_a_longer_notice(shop: Store, lin: Member) -> None:
    sell(shop, "1", lin, "10")
    less = draft(name="Less", starts_at=NOW + timedelta(days=20), block_yuan=2)
    played(less)
    less.refresh_from_db()

    with pytest.raises(refusals.NoticeTooShort) as refusal:
        rules.publish(version=less, by=None, now=NOW)

    assert refusal.value.params["days"] == 30


def test_a_backtest_writes_nothing_but_its_own_row(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "10")
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        backtests.work(run_id=run.pk, now=NOW)

    written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert written
    assert all("insights_backtestrun" in sql or "tested_mark" in sql for sql in written)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_database_forbids_writing_while_purchases_are_read() -> None:
    with (
        pytest.raises(DatabaseError, match="read-only"),
        backtests.reading(),
    ):
        Store.objects.create(code="X", name="X")
    assert not Store.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_receipts(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    counts = []
    for number in range(1, 4):
        sell(shop, str(number), lin, *["10"] * number)
        if number != 2:
            run = backtests.request_days(version=tens, days=30, by=None, now=NOW)
            with CaptureQueriesContext(connection) as queries:
                backtests.work(run_id=run.pk, now=NOW)
            counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_run_can_be_stopped(shop: Store, lin: Member, tens: EarningRuleVersion) -> None:
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)

    assert backtests.cancel(run_id=run.pk, now=NOW)
    assert not backtests.cancel(run_id=run.pk, now=NOW)
    assert backtests.work(run_id=run.pk, now=NOW) is None


def test_a_run_whose_worker_is_gone_is_taken_up_again(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "10")
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)
    BacktestRun.objects.filter(pk=run.pk).update(
        state=BacktestRun.State.RUNNING, heartbeat_at=NOW - timedelta(minutes=1), done=1
    )
    assert backtests.open_runs(now=NOW) == []
    assert backtests.work(run_id=run.pk, now=NOW) is None

    late = NOW + timedelta(minutes=2)
    assert backtests.open_runs(now=late) == [run.pk]
    assert backtests.work(run_id=run.pk, now=late) is not None


def test_the_job_works_off_what_waits(shop: Store, lin: Member, tens: EarningRuleVersion) -> None:
    run = backtests.request_days(version=tens, days=30, by=None, now=NOW)

    tasks.resume_backtests()

    run.refresh_from_db()
    assert run.state == BacktestRun.State.DONE


@pytest.mark.parametrize("days", [0, -1, 3661])
def test_a_period_that_is_none_is_refused(tens: EarningRuleVersion, days: int) -> None:
    with pytest.raises(exceptions.PeriodInvalid):
        backtests.request_days(version=tens, days=days, by=None, now=NOW)


def test_what_cannot_be_published_cannot_be_played(db: None) -> None:
    unknown: dict[str, Any] = {"kind": "category", "in": ["nothing"]}
    version = draft(starts_at=NOW)
    EarningRule.objects.create(
        version=version, key="x", name="x", effect="fixed", points=1, conditions=[unknown]
    )

    with pytest.raises(exceptions.DraftInvalid):
        backtests.request_days(version=version, days=1, by=None, now=NOW)


def test_a_published_version_is_not_played(shop: Store) -> None:
    with pytest.raises(exceptions.NotADraft):
        backtests.request_days(version=EarningRuleVersion.objects.get(), days=1, by=None, now=NOW)


def test_the_command_tells_the_difference(
    shop: Store, lin: Member, tens: EarningRuleVersion
) -> None:
    sell(shop, "1", lin, "10")
    out = StringIO()

    call_command("backtest", str(tens.pk), "--days=30", stdout=out)

    assert "+5" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("backtest", "999", stdout=out)


def test_receipts_of_guests_do_not_count(shop: Store, tens: EarningRuleVersion) -> None:
    guest = cast.member(phone="13700137000")
    sell(shop, "1", guest, "10")
    with transaction.atomic():
        Receipt.objects.filter(number="1").update(member=None)

    assert played(tens).result["members"] == 0
