"""`manage.py ship_redemptions FILE`: ship what the carrier's file says, with a report per row."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from mall.services import shipping
from stores.exceptions import Refusal
from stores.policies import spreadsheets


class Command(BaseCommand):
    help = "Ship redemptions by a file with the columns order number, carrier, tracking number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--report", type=Path, help="write what became of each row here (CSV)")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(_("There is no readable file %(name)s.") % {"name": path})
        with tqdm(unit="row", disable=None) as bar:
            try:
                results = shipping.ship_file(
                    path=path,
                    name=path.name,
                    actor="command",
                    at=timezone.now(),
                    progress_of=lambda done: bar.update(done - bar.n),
                )
            except Refusal as refusal:
                raise CommandError(str(refusal)) from refusal
        refused = [row for row in results if row.refusal is not None]
        if options["report"]:
            options["report"].write_text("".join(spreadsheets.lines(_rows(results))), "utf-8")
        for row in refused[:20]:
            self.stderr.write(f"{row.row}: {row.number}: {row.refusal}")
        self.stdout.write(f"{len(results) - len(refused)} shipped, {len(refused)} refused")
        if refused:
            raise CommandError(_("Some rows were refused."))


def _rows(results: list[shipping.Shipped]) -> Any:
    yield [_("Row"), _("Order number"), _("carrier"), _("tracking number"), _("Code"), _("Reason")]
    for row in results:
        refusal = row.refusal
        yield [
            *(row.row, row.number, row.carrier, row.tracking),
            *(refusal.code if refusal else "", str(refusal) if refusal else ""),
        ]
