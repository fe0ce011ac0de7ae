"""Book lapsed points by hand: `manage.py expire_lots [--at 2011-12-09T23:59:59+08:00]`."""

import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from points.services import expiry


class Command(BaseCommand):
    help = "Books every lot that had lapsed. Safe to run twice, and after being killed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="INSTANT", help="ISO 8601 with offset; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        cutoff = now
        if options["at"]:
            try:
                cutoff = datetime.fromisoformat(options["at"])
            except ValueError as error:
                raise CommandError(str(error)) from error
            if cutoff.tzinfo is None:
                raise CommandError(_("The instant needs an offset, such as +08:00."))
            if cutoff > now:
                raise CommandError(_("The instant lies in the future."))
        bar = tqdm(unit="accounts", disable=not sys.stderr.isatty())

        def progress(accounts: int, points: int) -> None:
            bar.update(accounts - bar.n)

        run = expiry.expire_due(cutoff_at=cutoff, recorded_at=now, progress=progress)
        bar.close()
        self.stdout.write(
            _("%(points)s points of %(lots)s lots in %(accounts)s accounts expired")
            % {"points": run.points, "lots": run.lots, "accounts": run.accounts}
        )
