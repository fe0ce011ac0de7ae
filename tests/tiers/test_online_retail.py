"""Growth and levels of a year of real receipts, against a reckoning that knows nothing of ours."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sales.services import growth_books
from tests.sales.conftest import NOON
from tests.sales.test_online_retail import run_import, shop
from tests.tiers.making import ladder
from tiers.models import GrowthDay, Standing
from tiers.services import reevaluation

__all__ = ["shop"]
LONDON, SHANGHAI = ZoneInfo("Europe/London"), ZoneInfo("Asia/Shanghai")
THRESHOLDS = {"basic": 0, "silver": 500, "gold": 2000, "black": 10_000}


def reckoned(path: Path) -> tuple[dict[tuple[str, date], Decimal], dict[str, str]]:
    """What each customer spent on each day of Shanghai, and the level of the highest sum that was
    ever reached: over all time no level is lost."""
    days: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    invoices: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if not row["CustomerID"]:
                continue
            at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=LONDON)
            amount = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            days[row["CustomerID"], at.astimezone(SHANGHAI).date()] += amount
            invoices[row["CustomerID"], row["InvoiceNo"]] += amount
    sums: dict[str, Decimal] = defaultdict(Decimal)
    highest: dict[str, Decimal] = defaultdict(Decimal)
    for (customer, _number), amount in invoices.items():
        sums[customer] += amount
        highest[customer] = max(highest[customer], sums[customer])
    levels = {
        customer: next(code for code, at in reversed(THRESHOLDS.items()) if total >= at)
        for customer, total in highest.items()
    }
    return {key: total for key, total in days.items() if total}, levels


@pytest.mark.usefixtures("shop")
def test_growth_and_levels_of_the_slice(shared_data: Path) -> None:
    path = shared_data / "online-retail" / "online_retail_slice.csv.gz"
    ladder(THRESHOLDS, window="lifetime")

    run_import(path)

    days, levels = reckoned(path)
    found = {
        (row.member.external_number, row.day): Decimal(row.spent) / 10_000
        for row in GrowthDay.objects.select_related("member")
        if row.spent
    }
    assert found == days
    held = Standing.objects.values_list("member__external_number", "level__code")
    assert dict(held) == levels
    assert len(levels) == 354
    assert growth_books.rebuild(now=NOON, is_check=True).differing == 0
    assert reevaluation.run(now=NOON).changed == 0
