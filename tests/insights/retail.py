"""The back-test that the acceptance asks for, on receipts that are there."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from campaigns.models import EarningRule, EarningRuleVersion
from insights.models import BacktestRun
from insights.services import backtests
from tests.insights import oracle


def member_day_draft() -> EarningRuleVersion:
    """每100元10分，周四会员日 ×2."""
    version = EarningRuleVersion.objects.create(
        name="每100元10分，会员日双倍",
        starts_at=timezone.now() + timedelta(days=30),
        method=EarningRuleVersion.Method.BLOCK,
        points=10,
        block_yuan=Decimal(100),
    )
    EarningRule.objects.create(
        version=version,
        key="member-day",
        name="会员日",
        effect=EarningRule.Effect.MULTIPLIER,
        factor=Decimal(2),
        conditions=[{"kind": "weekday", "in": [4]}],
    )
    return version


def played(version: EarningRuleVersion, **period: Any) -> BacktestRun:
    now = timezone.now()
    run = backtests.request(version=version, by=None, now=now, **period)
    assert backtests.work(run_id=run.pk, now=now) is not None
    run.refresh_from_db()
    assert run.state == BacktestRun.State.DONE
    return run


def assert_agrees_with_the_oracle(run: BacktestRun, path: Path) -> None:
    total = run.result["total"]
    assert {
        "live_earned": total["live"]["earned"],
        "live_taken": total["live"]["taken"],
        "draft_earned": total["draft"]["earned"],
        "draft_taken": total["draft"]["taken"],
        "receipts": total["receipts"],
        "members": run.result["members"],
        "better": run.result["better"],
        "worse": run.result["worse"],
    } == oracle.totals(path)
    assert run.result["faults"] == 0
