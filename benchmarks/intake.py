"""P8: a file of receipts through the command that a merchant uses."""

import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.report import Report

LINES_A_RECEIPT = 21
"""As in the public receipts that the tests replay."""


def run(report: Report, *, lines: int) -> None:
    report.title(f"Import of {lines:,} receipt lines", "what", "value", "goal")
    manage = [sys.executable, "manage.py"]
    store = (
        "from stores.models import Store; "
        "Store.objects.get_or_create(code='BENCH', defaults={'name': 'Bench'})"
    )
    subprocess.run([*manage, "shell", "-v", "0", "-c", store], check=True)
    publish()
    with tempfile.TemporaryDirectory(prefix="judian-bench-") as folder:
        path = Path(folder) / "receipts.csv.gz"
        _write(path, lines)
        command = [*manage, "import_receipts", str(path), "--store", "BENCH", "--create-members"]
        command += ["--mapping", "online_retail", "-v", "0"]
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        took = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        report.say(f"VOID: the import ended with {child.returncode}")
    report.row("time", f"{took:.1f} s", "")
    report.row("lines a second", f"{lines / took:,.0f}", "P8 ≥ 5,000")
    report.row("memory", f"{usage.ru_maxrss // 1024} MB", "P8 < 500 MB")


def publish() -> None:
    """One point per yuan for twelve months, unless another part has published it."""
    from campaigns.models import EarningRuleVersion

    if EarningRuleVersion.objects.published().exists():
        return
    command = [sys.executable, "manage.py", "publish_earning_rule"]
    command += ["--starts", "2020-01-01", "--months", "12"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _write(path: Path, lines: int) -> None:
    random.seed(20260321)
    member = prefix = ""
    at = datetime(2024, 1, 2, 9)  # noqa: DTZ001 - a till writes local time
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(
            [
                "InvoiceNo",
                "StockCode",
                "Description",
                "Quantity",
                "InvoiceDate",
                "UnitPrice",
                "CustomerID",
                "Country",
            ]
        )
        for number in range(lines):
            if number % LINES_A_RECEIPT == 0:
                at += timedelta(minutes=7)
                member = str(10_000 + random.randrange(4000)) if random.random() < 0.85 else ""
                prefix = "C" if random.random() < 0.1 else ""
            receipt = f"{prefix}{500_000 + number // LINES_A_RECEIPT}"
            quantity = random.randint(1, 24) * (-1 if prefix else 1)
            price = Decimal(random.randint(5, 1500)).scaleb(-2)
            table.writerow(
                [
                    *(receipt, f"S{random.randrange(4000)}", "杭州龙井茶", quantity),
                    *(at.isoformat(sep=" "), price, member, "中国"),
                ]
            )
