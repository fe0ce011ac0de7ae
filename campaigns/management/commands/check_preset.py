"""Play the cases of the presets: `manage.py check_preset [NAME|--all]`; status 1 on a failure."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from campaigns.exceptions import InvalidPreset, UnknownPreset
from campaigns.services import presets, replays
from campaigns.services.replays import Report


class Command(BaseCommand):
    help = (
        "Play every case of a preset, or of all, without changing anything of the merchant's: "
        "what happens in the mall is taken back. "
        "Cases that wait for a later capability are counted as open. Exit status 1 on a failure."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="P08, p08 or p08_member_day")
        parser.add_argument("--all", action="store_true", help="all presets; so without a name")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] and options["all"]:
            raise CommandError(_("Name a preset or ask for --all, not both."))
        try:
            names = [options["name"]] if options["name"] else presets.names()
            reports, broken = _reports(names)
        except UnknownPreset as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        totals = _totals(reports)
        if options["json"]:
            told = {"presets": [r.as_json() for r in reports], "malformed": broken} | totals
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
        else:
            self._tell(reports, broken, totals)
        if totals["failed"] or broken:
            sys.exit(1)

    def _tell(self, reports: list[Report], broken: list[str], totals: dict[str, int]) -> None:
        for report in reports:
            self._one(report)
        for text in broken:
            self.stdout.write(text)
        if len(reports) != 1 or broken:
            self.stdout.write(
                _("%(presets)s presets: %(passed)s passed, %(failed)s failed, %(open)s open")
                % {"presets": len(reports), **totals}
            )

    def _one(self, report: Report) -> None:
        preset = report.preset
        self.stdout.write(
            _("%(id)s %(name)s: %(passed)s passed, %(failed)s failed, %(open)s open")
            % {
                "id": preset.id,
                "name": presets.told(preset, "name"),
                "passed": report.count(replays.PASSED),
                "failed": report.count(replays.FAILED),
                "open": report.count(replays.OPEN),
            }
        )
        for outcome in report.failures:
            self.stdout.write(
                _("  FAILED %(title)s") % {"title": presets.told(outcome.vector, "title")}
            )
            for one in outcome.differences:
                self.stdout.write(
                    _("    step %(step)s, %(what)s: expected %(expected)s, got %(actual)s")
                    % one._asdict()
                )
        waiting = report.open_by_need()
        for need in preset.needs:
            self.stdout.write(
                _("  needs %(code)s (%(numbers)s), %(count)s open: %(text)s")
                % {
                    "code": need.code,
                    "numbers": ", ".join(need.numbers),
                    "count": waiting[need.code],
                    "text": presets.told(need, "text"),
                }
            )


def _reports(names: list[str]) -> tuple[list[Report], list[str]]:
    """The reports, and what is wrong with files that are no presets."""
    reports, broken = [], []
    for name in names:
        try:
            reports.append(presets.check(name))
        except InvalidPreset as refusal:
            broken.append(f"{refusal} [{refusal.code}]")
    return reports, broken


def _totals(reports: list[Report]) -> dict[str, int]:
    return {
        state: sum(report.count(state) for report in reports)
        for state in (replays.PASSED, replays.FAILED, replays.OPEN)
    }
