"""Compute every entry again: `manage.py verify_rules [--json]`; exit status 1 on a difference."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from tqdm import tqdm

from campaigns.selectors import verification


class Command(BaseCommand):
    help = (
        "Computes the points of every entry again from the inputs that it keeps, by the version "
        "that it names. Exit status 1 on a difference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        bar = tqdm(unit="entries", disable=options["json"] or not sys.stderr.isatty())

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        report = verification.run(progress=progress)
        bar.close()
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        else:
            self._tell(report)
        if not report.is_clean:
            sys.exit(1)

    def _tell(self, report: verification.Report) -> None:
        for kind, count in sorted(report.by_type.items()):
            self.stdout.write(f"{count:>10}  {kind}")
        for one in report.differences:
            self.stdout.write(
                _("entry %(entry)s (%(reference)s) says %(said)s, computed %(computed)s")
                % {
                    "entry": one.entry,
                    "reference": one.reference,
                    "said": one.said,
                    "computed": one.computed,
                }
            )
        self.stdout.write(
            _("%(entries)s entries in %(seconds)s s: %(different)s differences")
            % {
                "entries": report.entries,
                "seconds": f"{report.seconds:.1f}",
                "different": report.different,
            }
        )
