"""A back-test of the public receipts says what plain Python over the file says."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.selectors import verification
from campaigns.services import rules
from stores.models import Store
from tests.insights import retail
from tests.sales.test_online_retail import FIRST_DAY, run_import, shop

__all__ = ["shop"]  # a fixture


@pytest.mark.usefixtures("shop")
def test_member_days_against_one_per_pound_on_the_slice(shared_data: Path) -> None:
    path = shared_data / "online-retail" / "online_retail_slice.csv.gz"
    run_import(path)

    run = retail.played(
        retail.member_day_draft(),
        starts_at=FIRST_DAY,
        ends_at=datetime(2012, 1, 1, tzinfo=FIRST_DAY.tzinfo),
    )

    retail.assert_agrees_with_the_oracle(run, path)
    report = verification.run()
    assert (report.is_clean, report.others) == (True, report.entries - 1_798)


def test_the_draft_published_gives_what_the_backtest_said(shop: Store, shared_data: Path) -> None:
    """The same program, published and judging the file itself, books what was foretold."""
    version = retail.member_day_draft()
    version.starts_at = FIRST_DAY + timedelta(days=1)
    version.save()
    rules.publish(
        version=version,
        by=None,
        now=FIRST_DAY,
        reason="for comparison",
        short_notice_reason="for comparison",
    )

    run = run_import(shared_data / "online-retail" / "online_retail_slice.csv.gz")

    assert (run.points_earned, run.points_clawed) == (81_530, 25_200)
    assert verification.run().is_clean
