"""Print what outstanding points cost at the end of a day, or write the tables as files."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from insights.selectors import liability, liability_table


class Command(BaseCommand):
    help = "The points liability of a period (IFRS 15, CAS 14): movements, estimate, journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", help="YYYY-MM-DD, the last day (yesterday)")
        parser.add_argument("--from", dest="first", help="YYYY-MM-DD (the first of its month)")
        parser.add_argument("--csv", action="store_true", help="the tables as CSV")
        parser.add_argument("--journal", action="store_true", help="the journal as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        last = _day(options["at"]) or timezone.localdate() - timedelta(days=1)
        first = _day(options["first"]) or last.replace(day=1)
        if first > last:
            raise CommandError(_("The period ends before it begins."))
        report = liability.report(first, last)
        if options["csv"]:
            self._write(liability_table.csv_lines(report))
        elif options["journal"]:
            self._write(liability_table.journal_lines(report, liability.settings()))
        else:
            self._print(report)

    def _write(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.stdout.write(line, ending="")

    def _print(self, report: liability.Report) -> None:
        self.stdout.write(f"{report.first} – {report.last}")
        for row in liability_table.rows(report, liability_table.stores_of(report)):
            if not row.is_empty:
                self.stdout.write(f"{row.name}\t{row.points:,}\t¥{row.yuan:,.2f}")
        for one in liability_table.learned(report):
            kind = _("own history") if one.is_own else _("stated")
            self.stdout.write(f"{one.name}\t{one.percent} %\t{kind}")


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(_("A day is written as 2026-12-31.")) from error
