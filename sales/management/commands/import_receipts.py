"""Import a file of receipts from the command line."""

import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from sales.models import ImportRun
from sales.services import imports, mapping, reports
from sales.services.imports import Progress
from stores.exceptions import FileRefused, Refusal
from stores.models import Store


class Command(BaseCommand):
    help = (
        "Import receipts from a CSV or XLSX file (.gz too). A file may be imported again and "
        "again: what is there already stays as it is, and a killed import goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--store", required=True, help="the store's code")
        parser.add_argument(
            "--mapping",
            type=_mapping_file,
            default=mapping.DEFAULT,
            help="TOML file that names the columns, or the name of one that is built in: "
            + ", ".join(sorted(path.stem for path in _built_in())),
        )
        parser.add_argument("--create-members", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument("--report", type=Path, help="write the refused rows to this CSV file")
        parser.add_argument("--as", dest="actor", default="import_receipts", help="who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        store = Store.objects.filter(code=options["store"]).first()
        if store is None:
            raise CommandError(_("There is no store %(code)s.") % {"code": options["store"]})
        started = time.monotonic()
        try:
            run = self._run(store, options)
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        except OSError as error:
            refused = FileRefused("file_not_found", name=options["file"].name)
            raise CommandError(f"{refused} [{refused.code}] ({error.strerror})") from error
        self._summarise(run, time.monotonic() - started)
        if options["report"]:
            with options["report"].open("w", encoding="utf-8-sig", newline="") as stream:
                reports.write(run=run, stream=stream)

    def _run(self, store: Store, options: dict[str, Any]) -> ImportRun:
        path: Path = options["file"]
        try:
            mapping_text = options["mapping"].read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise FileRefused("mapping_invalid", reason=str(error)) from error
        run = imports.start(
            store=store,
            path=path,
            name=path.name,
            mapping_text=mapping_text,
            create_members=options["create_members"],
            is_dry_run=options["dry_run"],
            actor=options["actor"][:64],
            now=timezone.now(),
        )
        if run.cursor:
            self.stdout.write(
                _("Going on after %(done)s of %(total)s receipts.")
                % {"done": run.cursor, "total": run.receipts_total}
            )
        with _Bars(is_shown=options["verbosity"] > 0) as bars:
            return imports.work(run=run, path=path, now=timezone.now(), observe=bars.show)

    def _summarise(self, run: ImportRun, seconds: float) -> None:
        rate = run.rows_read / seconds if seconds else 0
        lines = [
            _("Dry run: nothing was written.") if run.is_dry_run else "",
            _("%(rows)s rows in %(seconds).1f s (%(rate).0f rows/s)")
            % {"rows": run.rows_read, "seconds": seconds, "rate": rate},
            _(
                "Receipts: %(new)s new, %(known)s already there, %(refused)s refused, "
                "%(waiting)s waiting for their sale"
            )
            % {
                "new": run.receipts_new,
                "known": run.receipts_known,
                "refused": run.receipts_refused,
                "waiting": run.receipts_waiting,
            },
            _("Lines: %(new)s new; rows refused: %(refused)s; members created: %(members)s")
            % {"new": run.lines_new, "refused": run.rows_refused, "members": run.members_new},
            _("Points: %(earned)s earned, %(clawed)s taken back")
            % {"earned": run.points_earned, "clawed": run.points_clawed},
        ]
        if run.receipts_unruled:
            lines.append(
                _("%(count)s receipts are older than the first earning rule and earned nothing.")
                % {"count": run.receipts_unruled}
            )
        for line in filter(None, lines):
            self.stdout.write(line)


class _Bars:
    """One bar while the file is read (bytes), one while receipts are posted (rows)."""

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


def _built_in() -> list[Path]:
    return list(mapping.DEFAULT.parent.glob("*.toml"))


def _mapping_file(text: str) -> Path:
    built_in = {path.stem: path for path in _built_in()}
    path = built_in.get(text) or Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"{text}: no such file")
    return path
