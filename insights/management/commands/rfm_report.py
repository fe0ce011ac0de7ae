"""Print the RFM table as of a day: the groups, the cuts of the fifths, the 5 × 5 cells."""

import json
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from insights.models import RfmRun
from insights.selectors import rfm as selecting
from insights.selectors import rfm_table
from insights.services import rfm


class Command(BaseCommand):
    help = "Work out recency, frequency and money of all members as of a day, and print the table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", help="YYYY-MM-DD, the end of this day in the shop's zone (yesterday)"
        )
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        run = self._run(self._asked(options["as_of"], now), now)
        table = rfm_table.of_run(run)
        if options["json"]:
            self.stdout.write(json.dumps(table.as_json(), ensure_ascii=False, indent=1))
            return
        self.stdout.write(
            _("RFM as of %(day)s: %(count)s members")
            % {
                "day": run.as_of,
                "count": f"{run.members:,}",
            }
        )
        for group in table.groups:
            self.stdout.write(
                f"{group.name}\t{group.members:,}\t{group.share} %\t¥{group.yuan:,.2f}"
            )
        self.stdout.write(_("Members by recency (down, 5 = latest) and frequency (across)"))
        for row in table.heat:
            cells = "\t".join(f"{cell.members:,}" for cell in row.cells)
            self.stdout.write(f"R{row.score}\t{cells}")

    def _asked(self, text: str | None, now: datetime) -> date:
        if not text:
            return rfm.yesterday(now)
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(_("--as-of is a day such as 2026-11-21.")) from error

    def _run(self, as_of: date, now: datetime) -> RfmRun:
        """The last analysis, if it is of this day; otherwise one that is undone once it is read:
        a report changes nobody's group."""
        last = selecting.newest()
        if last is not None and last.as_of == as_of:
            return last
        with transaction.atomic():
            run = rfm.run(as_of=as_of, now=now)
            transaction.set_rollback(True)
        return run
