"""Audit the ledger: `manage.py audit_ledger [--json]`; exit status 1 on a breach."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from points.selectors import audit


class Command(BaseCommand):
    help = "Checks every invariant of the ledger and every entry's hash. Exit status 1 on a breach."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        bar = tqdm(unit="entries", disable=options["json"] or not sys.stderr.isatty())

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = audit.run(progress=progress)
        bar.close()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            self._tell(report)
        if not report.is_clean:
            sys.exit(1)

    def _tell(self, report: audit.Report) -> None:
        for name, count in report.counts.items():
            self.stdout.write(f"{name:>4}  {count}")
            for breach in report.breaches.get(name, []):
                self.stdout.write(f"      {json.dumps(breach, ensure_ascii=False)}")
        self.stdout.write(_("Digest: %(digest)s") % {"digest": report.digest})
        verdict = _("clean") if report.is_clean else _("breached")
        self.stdout.write(
            _("%(entries)s entries of %(accounts)s accounts in %(seconds)s s: %(verdict)s")
            % {
                "entries": report.entries,
                "accounts": report.accounts,
                "seconds": report.seconds,
                "verdict": verdict,
            }
        )
