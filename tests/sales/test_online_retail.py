"""A year of real receipts gives every member exactly the points of an independent calculation.

The reference beside the data was made by two methods that know nothing of this code.
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from campaigns.models import EarningRuleVersion
from campaigns.selectors import verification
from campaigns.services import rules
from members.models import Member
from points.models import ClearingRun, Entry
from points.selectors import balances
from points.services import expiry
from points.services.clearing import engine
from sales.models import ImportRun, Receipt, ReceiptLine
from stores.models import Store
from tests.insights import retail

LONDON = ZoneInfo("Europe/London")
AS_OF = datetime(2011, 12, 9, 23, 59, 59, tzinfo=LONDON)
FIRST_DAY = datetime(2010, 1, 1, tzinfo=LONDON)


@pytest.fixture
def shop(db: None) -> Store:
    version = EarningRuleVersion(name="1 per 1.00, twelve months", starts_at=FIRST_DAY)
    rules.publish(version=version, by=None, now=FIRST_DAY)
    return Store.objects.create(code="UK", name="Online Retail", time_zone="Europe/London")


def run_import(path: Path) -> ImportRun:
    call_command(
        "import_receipts",
        path,
        store="UK",
        mapping=Path("sales/mappings/online_retail.toml"),
        create_members=True,
        verbosity=0,
        stdout=StringIO(),
    )
    return ImportRun.objects.latest("pk")


def assert_members_match(reference: Path) -> None:
    ids = dict(Member.objects.values_list("external_number", "pk"))
    found, expected = {}, {}
    with reference.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            number = row["customer_id"]
            expected[number] = tuple(
                int(row[name])
                for name in ("points_earned", "points_clawed", "AD_expired", "AD_balance")
            )
            sums = Receipt.objects.filter(member_id=ids[number]).aggregate(
                earned=Sum("points_earned"), clawed=Sum("points_clawed", default=0)
            )
            now = balances.balance(ids[number], at=AS_OF)
            found[number] = (
                sums["earned"],
                sums["clawed"],
                now.expired_total,
                now.available + now.held + now.pending - now.debt,
            )
    wrong = {
        number: (found[number], expected[number])
        for number in expected
        if found[number] != expected[number]
    }
    assert not wrong, f"{len(wrong)} of {len(expected)} members are wrong: {wrong}"
    assert len(expected) == 354


def books() -> list[int]:
    """Rows of every table that an import writes."""
    tables = (
        "points_account",
        "points_entry",
        "points_lot",
        "points_lotuse",
        "sales_receipt",
        "sales_receiptline",
        "members_member",
    )
    with connection.cursor() as cursor:
        counts = []
        for table in tables:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            counts.append(cursor.fetchone()[0])
    return counts


def assert_audit_is_clean() -> None:
    out = StringIO()
    call_command("audit_ledger", json=True, stdout=out)
    assert json.loads(out.getvalue())["clean"]


def test_the_slice_gives_each_of_its_members_the_reference_points(
    shop: Store, shared_data: Path
) -> None:
    folder = shared_data / "online-retail"

    run = run_import(folder / "online_retail_slice.csv.gz")

    assert run.state == ImportRun.State.DONE
    assert (run.rows_read, run.points_earned, run.points_clawed) == (38_978, 777_038, 258_544)
    assert (run.receipts_new, run.receipts_refused, run.rows_refused) == (1922, 78, 78)
    assert_members_match(folder / "slice_reference.csv")

    before = books()
    again = run_import(folder / "online_retail_slice.csv.gz")

    assert (again.receipts_new, again.receipts_known) == (0, 1922)
    assert (again.lines_new, again.points_earned, again.members_new) == (0, 0, 0)
    assert books() == before


def cleared_with_deaths(monkeypatch: pytest.MonkeyPatch, *, at_accounts: tuple[int, ...]) -> None:
    """Book what had lapsed; the first runs die after so many accounts, in the middle of one."""
    monkeypatch.setattr(engine, "WINDOW", 50)
    whole = engine._window

    class Killed(Exception):
        pass

    for most in at_accounts:

        def dying(order: Any, most: int = most, **window: Any) -> Any:
            with transaction.atomic():
                answer = whole(order, **window)
                if order.run.accounts >= most:
                    raise Killed  # before the window is committed: it is lost with its process
            return answer

        monkeypatch.setattr(engine, "_window", dying)
        with pytest.raises(Killed):
            expiry.expire_due(cutoff_at=AS_OF, recorded_at=timezone.now())
    monkeypatch.setattr(engine, "_window", whole)
    expiry.expire_due(cutoff_at=AS_OF, recorded_at=timezone.now())


def peak_memory() -> int:
    """Of this process so far, in MiB; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)


@pytest.mark.long
def test_the_whole_file_gives_every_total_of_the_reference(
    shop: Store,
    shared_data: Path,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = shared_data / "online-retail"

    started, memory = time.perf_counter(), peak_memory()
    run = run_import(folder / "online_retail.csv.gz")
    seconds = time.perf_counter() - started
    record_property("database", connection.vendor)
    record_property("import", f"{seconds:.0f} s")
    record_property("rows/s", f"{run.rows_read / seconds:,.0f}")
    record_property("peak memory", f"{peak_memory()} MiB ({memory} MiB before the import)")

    assert run.rows_read == 541_909
    # In a transaction no autovacuum sees half a million lines, and a plan for none takes for ever.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    members = Receipt.objects.filter(member__isnull=False)
    # Summed here and not by the database: SQLite adds decimals up as binary fractions.
    money = {"sale": Decimal(0), "return": Decimal(0)}
    for kind, total in members.values_list("kind", "total"):
        money[kind] += total
    assert money == {"sale": Decimal("8911407.904"), "return": Decimal("611342.090")}
    assert members.count() == 22_190
    assert ReceiptLine.objects.filter(receipt__member__isnull=False).count() == 397_924 + 8_905
    assert (run.points_earned, run.points_clawed) == (8_902_670, 609_431)
    ids = list(Member.objects.values_list("pk", flat=True))
    assert len(ids) == 4_372
    now = [balances.balance(pk, at=AS_OF) for pk in ids]
    net = [b.available + b.held + b.pending - b.debt for b in now]
    assert sum(net) == 8_045_171
    assert sum(b.expired_total for b in now) == 248_068
    assert (len([n for n in net if n < 0]), sum(n for n in net if n < 0)) == (42, -13_351)
    expiring = [b.expiring for b in now if b.expiring]
    assert (sum(expiring), len(expiring)) == (306_904, 551)
    assert_members_match(folder / "slice_reference.csv")

    before = books()
    again = run_import(folder / "online_retail.csv.gz")

    assert (again.receipts_new, again.lines_new, again.points_earned) == (0, 0, 0)
    assert books() == before
    assert_audit_is_clean()

    started = time.perf_counter()
    played = retail.played(
        retail.member_day_draft(),
        starts_at=FIRST_DAY,
        ends_at=datetime(2012, 1, 1, tzinfo=LONDON),
    )
    record_property("back-test of 22,190 receipts", f"{time.perf_counter() - started:.0f} s")
    retail.assert_agrees_with_the_oracle(played, folder / "online_retail.csv.gz")
    report = verification.run()
    assert (report.entries, report.different, report.others) == (22_156, 0, 0)

    started = time.perf_counter()
    cleared_with_deaths(monkeypatch, at_accounts=(100, 100, 150, 100, 100))
    record_property("clearing, killed five times", f"{time.perf_counter() - started:.1f} s")
    booked = ClearingRun.objects.aggregate(accounts=Sum("accounts"), points=Sum("points"))
    assert booked["points"] == 248_068
    expired = Entry.objects.filter(kind="expire").aggregate(points=Sum("d_available"))
    assert expired["points"] == -248_068
    after = [balances.balance(pk, at=AS_OF) for pk in ids]
    assert [(b.available, b.debt, b.expired_total) for b in after] == [
        (b.available, b.debt, b.expired_total) for b in now
    ]
    assert_members_match(folder / "slice_reference.csv")
    assert_audit_is_clean()


def test_the_end_of_the_last_day_is_what_the_reference_means_by_as_of() -> None:
    assert AS_OF.astimezone(UTC) + timedelta(seconds=1) == datetime(2011, 12, 10, tzinfo=UTC)
