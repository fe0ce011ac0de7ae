"""`python -m benchmarks [PART …] [--quick]`, on the PostgreSQL that DATABASE_URL names."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.report import Report

PARTS = (
    "operations",
    "bulk",
    "mall",
    "intake",
    "rules",
    "growth",
    "audit",
    "clearing",
    "reminders",
    "tiers",
    "rfm",
    "catalogue",
    "outbox",
    "liability",
    "sqlite",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    options = parser.parse_args()
    parts = options.parts or list(PARTS)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["DEBUG"] = "false"
    os.environ.setdefault("SECRET_KEY", "benchmarks-only-" + "x" * 50)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.report import Report

    report = Report()
    if connection.vendor != "postgresql":
        print("DATABASE_URL must name a PostgreSQL that may be filled.", file=sys.stderr)
        return 2
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "floor.sql").read_text(encoding="utf-8"))
        cursor.execute("SELECT version(), current_setting('fsync')")
        report.say("{} (fsync {})".format(*cursor.fetchone()))
    run = Run(report, is_quick=options.quick)
    for part in PARTS:
        if part in parts:
            getattr(run, part)()
    return 0


class Run:
    """The parts of one run, from small books to large ones."""

    def __init__(self, report: "Report", *, is_quick: bool) -> None:
        from benchmarks import books

        self.report, self.is_quick = report, is_quick
        self.url = os.environ["DATABASE_URL"]
        self.seconds = 1.0 if is_quick else 3.0
        self.rounds = 2 if is_quick else 5
        self.small = self._members(1000 if is_quick else 10_000, lots=5)
        books.settle()

    def _members(self, count: int, *, lots: int) -> tuple[int, int]:
        from benchmarks import books

        now = datetime.now(UTC)
        first, last = books.add_members(count)
        for number in range(lots):
            expires_at = now + timedelta(days=100 + number)
            books.grant(first, last, points=100_000, at=now, expires_at=expires_at)
        return first, last

    def operations(self) -> None:
        from benchmarks import operations

        operations.run(
            self.report,
            url=self.url,
            first=self.small[0],
            last=self.small[1],
            clients=4,
            rounds=self.rounds,
            seconds=self.seconds,
        )

    def bulk(self) -> None:
        from benchmarks import bulk

        first, last = self.small
        bulk.earn_in_bulk(
            self.report, url=self.url, first=first, last=last, seconds=self.seconds * 2
        )

    def mall(self) -> None:
        from benchmarks import mall

        mall.run(
            self.report,
            first=self.small[0],
            last=self.small[1],
            url=self.url,
            rounds=self.rounds,
            seconds=self.seconds,
        )

    def intake(self) -> None:
        from benchmarks import intake

        intake.run(self.report, lines=20_000 if self.is_quick else 200_000)

    def rules(self) -> None:
        from benchmarks import intake, rules

        intake.publish()
        rules.judge(self.report, rounds=5 if self.is_quick else 20)
        rules.backtest(self.report, receipts=2_000 if self.is_quick else 100_000)

    def growth(self) -> None:
        from benchmarks import books, growth

        count = self.small[1] - self.small[0] + 1
        large = self._members(count * (2 if self.is_quick else 99), lots=1)
        books.settle()
        # The small range is measured in the large tables too: members picked from 10,000 stay in
        # the caches, members picked from a million do not.
        ranges = {count: self.small, large[1] - large[0] + 1: large}
        growth.run(self.report, ranges=ranges, times=200 if self.is_quick else 1000)

    def audit(self) -> None:
        from benchmarks import bulk

        bulk.audit_all(self.report)

    def clearing(self) -> None:
        from benchmarks import clearing

        clearing.run(self.report, accounts=2000 if self.is_quick else 200_000, lots_each=5)

    def reminders(self) -> None:
        from benchmarks import reminders

        reminders.run(self.report, members=5_000 if self.is_quick else 200_000)

    def tiers(self) -> None:
        from benchmarks import tiers

        tiers.run(self.report, members=20_000 if self.is_quick else 1_000_000, days_each=10)

    def rfm(self) -> None:
        from benchmarks import rfm

        sizes = [2_000] if self.is_quick else [200_000, 1_000_000]
        for members in sizes:
            rfm.run(self.report, members=members, receipts=members * 10)

    def catalogue(self) -> None:
        from benchmarks import catalogue

        catalogue.run(
            self.report,
            rewards=500 if self.is_quick else 10_000,
            rounds=10 if self.is_quick else 100,
        )

    def outbox(self) -> None:
        from benchmarks import outbox

        outbox.run(
            self.report,
            members=2_000 if self.is_quick else 200_000,
            messages=20_000 if self.is_quick else 1_000_000,
            seconds=self.seconds,
        )

    def liability(self) -> None:
        from benchmarks import liability

        liability.run(self.report, accounts=2_000 if self.is_quick else 100_000)

    def sqlite(self) -> None:
        from benchmarks import embedded

        embedded.run(self.report, rounds=self.rounds, seconds=self.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
