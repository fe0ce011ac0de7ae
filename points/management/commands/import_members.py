"""Import members with their points from a former system, on the command line."""

import json
import time
from pathlib import Path
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from points.models import OpeningImport
from points.services.openings import columns, reports, runs
from points.services.openings.runs import Progress
from stores.exceptions import FileRefused, Refusal
from stores.models import Store

_SHOWN_ISSUES = 20


class Command(BaseCommand):
    help = (
        "Import members with their points, one row per lot, from a CSV or XLSX file (.csv.gz "
        "too). A file may be imported again and again: no lot is booked twice, and a killed "
        "import goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--store", help="code of the home store of people without one")
        parser.add_argument(
            "--new-members",
            action="store_true",
            help="whoever is registered gets what the rules give for joining",
        )
        parser.add_argument("--json", action="store_true", help="say the outcome as JSON")
        parser.add_argument("--report", type=Path, help="write the refused rows to this CSV file")
        parser.add_argument("--as", dest="actor", default="import_members", help="who imports")
        parser.add_argument(
            "--template", choices=columns.LANGUAGES, help="print an empty file to fill in"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"]:
            self.stdout.write(reports.template(options["template"]), ending="")
            return
        if options["file"] is None:
            raise CommandError(_("Name the file to import."))
        started = time.monotonic()
        try:
            run = self._run(_store(options["store"]), options)
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        except OSError as error:
            refused = FileRefused("file_not_found", name=options["file"].name)
            raise CommandError(f"{refused} [{refused.code}] ({error.strerror})") from error
        if options["json"]:
            self.stdout.write(json.dumps(_outcome(run), ensure_ascii=False, indent=2))
        else:
            self._summarise(run, time.monotonic() - started)
        if options["report"]:
            with options["report"].open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(reports.lines(run))

    def _run(self, store: Store | None, options: dict[str, Any]) -> OpeningImport:
        path: Path = options["file"]
        run = runs.start(
            path=path,
            name=path.name,
            store=store,
            are_new=options["new_members"],
            is_dry_run=options["dry_run"],
            actor=options["actor"][:64],
            now=timezone.now(),
        )
        if run.rows_done:
            self.stderr.write(
                _("Going on after %(done)s of %(total)s rows.")
                % {"done": run.rows_done, "total": run.rows_total}
            )
        with _Bars(is_shown=options["verbosity"] > 0 and not options["json"]) as bars:
            return runs.work(run=run, path=path, now=timezone.now(), observe=bars.show)

    def _summarise(self, run: OpeningImport, seconds: float) -> None:
        counts = _outcome(run)
        rate = {"rows": run.rows_read, "seconds": seconds, "rate": run.rows_read / (seconds or 1)}
        lines = [
            _("Dry run: nothing was written.") if run.is_dry_run else "",
            _("%(rows)s rows in %(seconds).1f s (%(rate).0f rows/s)") % rate,
            _("Members: %(members_new)s new, %(members_known)s already there") % counts,
            _(
                "Lots: %(lots_new)s new (%(points_new)s points), %(lots_known)s already there "
                "(%(points_known)s), %(lots_lapsed)s had lapsed (%(points_lapsed)s)"
            )
            % counts,
            _("Rows refused: %(rows_refused)s") % counts,
        ]
        if run.unused_columns:
            names = {"columns": ", ".join(run.unused_columns)}
            lines.append(_("Columns that were not used: %(columns)s") % names)
        for line in filter(None, lines):
            self.stdout.write(line)
        self._table(run)

    def _table(self, run: OpeningImport) -> None:
        if not run.rows_refused:
            return
        self.stdout.write("\t".join([_("Row"), _("Column"), _("Value"), _("Code"), _("Reason")]))
        listed = list(run.issues.order_by("row", "pk")[: _SHOWN_ISSUES + 1])
        for issue in listed[:_SHOWN_ISSUES]:
            cells = [str(issue.row), issue.column, issue.value, issue.code]
            self.stdout.write("\t".join([*cells, reports.sentence(issue)]))
        if len(listed) > _SHOWN_ISSUES:
            self.stdout.write(_("More with --report FILE."))


class _Bars:
    """One bar while the file is read (bytes), one while its rows are posted."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._phase = ""
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def show(self, progress: Progress) -> None:
        if progress.phase != self._phase:
            self._close()
            self._phase = progress.phase
            is_reading = progress.phase == "reading"
            self._bar = tqdm(
                total=progress.total,
                desc=_("Reading") if is_reading else _("Posting"),
                unit="B" if is_reading else _("rows"),
                unit_scale=is_reading,
                disable=None if self._is_shown else True,
            )
        if self._bar is not None:
            self._bar.update(progress.done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _store(code: str | None) -> Store | None:
    if code is None:
        return None
    store = Store.objects.filter(code=code).first()
    if store is None:
        raise CommandError(_("There is no store %(code)s.") % {"code": code})
    return store


def _outcome(run: OpeningImport) -> dict[str, Any]:
    return {
        "run": run.pk,
        "state": run.state,
        "is_dry_run": run.is_dry_run,
        **{name: getattr(run, name) for name in runs.COUNTS},
        "unused_columns": run.unused_columns,
    }
