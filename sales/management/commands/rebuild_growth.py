"""Reckon growth again from receipts and acts."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from sales.services import growth_books


class Command(BaseCommand):
    help = (
        "Reckon the growth of all members from receipts, returns, acts and corrections, and write "
        "what differs. Levels follow in the next nightly run. May run while the shop sells."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail when a day differs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = growth_books.rebuild(
            now=timezone.now(), progress=self._progress, is_check=options["check"]
        )
        self.stderr.write("")
        self.stdout.write(
            _("%(members)s members, %(days)s days that differed")
            % {"members": report.members, "days": report.differing}
        )
        if options["check"] and report.differing:
            sys.exit(1)

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done}/{total}", ending="")
