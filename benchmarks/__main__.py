"""`python -m benchmarks [PART …] [--quick]`, on the PostgreSQL that DATABASE_URL names."""

import argparse
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

PARTS = ("operations", "growth", "bulk", "audit", "clearing", "sqlite", "intake")


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

    from benchmarks import books, bulk, clearing, embedded, growth, intake, operations
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
    url = os.environ["DATABASE_URL"]
    members = 1000 if options.quick else 10_000
    seconds = 1.0 if options.quick else 3.0
    now = datetime.now(UTC)
    small = books.add_members(members)
    for number in range(5):
        books.grant(*small, points=100_000, at=now, expires_at=now + timedelta(days=100 + number))
    books.settle()
    if "operations" in parts:
        operations.run(
            report,
            url=url,
            first=small[0],
            last=small[1],
            clients=4,
            rounds=2 if options.quick else 5,
            seconds=seconds,
        )
    if "bulk" in parts:
        bulk.earn_in_bulk(report, url=url, first=small[0], last=small[1], seconds=seconds)
    if "intake" in parts:
        intake.run(report, lines=20_000 if options.quick else 200_000)
    if "growth" in parts or "audit" in parts:
        large = books.add_members(members * (2 if options.quick else 99))
        books.grant(*large, points=100_000, at=now, expires_at=now + timedelta(days=100))
        books.settle()
        if "growth" in parts:
            ranges = {members: small, large[1] - small[0] + 1: (small[0], large[1])}
            growth.run(report, ranges=ranges, times=200 if options.quick else 1000)
        if "audit" in parts:
            bulk.audit_all(report)
    if "clearing" in parts:
        accounts = 2000 if options.quick else 200_000
        clearing.run(report, accounts=accounts, lots_each=5)
    if "sqlite" in parts:
        embedded.run(report, rounds=2 if options.quick else 5, seconds=seconds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
