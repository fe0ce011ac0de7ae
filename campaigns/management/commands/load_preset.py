"""Make a draft from a preset: `manage.py load_preset P08 --starts 2027-01-01`."""

from argparse import ArgumentTypeError
from datetime import datetime, time, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.services import presets
from campaigns.services.presets import Loaded
from stores.exceptions import Refusal


class Command(BaseCommand):
    help = (
        "Make a draft from a preset (P01 to P22, or its file's name). It is published by nobody "
        "but you; what is in force stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="P08, p08 or p08_member_day")
        parser.add_argument("--list", action="store_true", help="print all presets")
        parser.add_argument(
            "--starts", type=_day, help="in force from (YYYY-MM-DD); default: tomorrow"
        )
        parser.add_argument(
            "--create-missing",
            action="store_true",
            help="make the categories and tags that its rules name",
        )
        parser.add_argument(
            "--create-mall",
            action="store_true",
            help="make its rewards and coupons, as drafts that nobody sees",
        )
        parser.add_argument(
            "--apply-ledger-settings",
            action="store_true",
            help="also change the settings of the ledger that it proposes, at once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["list"]:
                self._list()
            elif not options["name"]:
                raise CommandError(_("Name a preset, or ask for --list."))
            else:
                self._load(options)
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal

    def _list(self) -> None:
        for preset in presets.available():
            self.stdout.write(f"{preset.id}  {preset.slug}  {presets.told(preset, 'name')}")
            self.stdout.write(f"     {presets.told(preset, 'summary')}")

    def _load(self, options: dict[str, Any]) -> None:
        loaded = presets.load(
            name=options["name"],
            starts_at=options["starts"] or _tomorrow(),
            create_missing=options["create_missing"],
            set_ledger_at=timezone.now() if options["apply_ledger_settings"] else None,
            make_mall_at=timezone.now() if options["create_mall"] else None,
            actor="load_preset",
        )
        self.stdout.write(
            _("Draft %(id)s: %(version)s, to be in force from %(start)s once it is published.")
            % {
                "id": loaded.version.pk,
                "version": loaded.version,
                "start": f"{timezone.localtime(loaded.version.starts_at):%Y-%m-%d}",
            }
        )
        self._more(loaded)

    def _more(self, loaded: Loaded) -> None:
        for word, creations in (
            (_("made"), loaded.created),
            (_("to be made before it can be published"), loaded.missing),
        ):
            for each in creations:
                self.stdout.write(f"  {word}: {each.kind} {each.code}")
        for word, codes in (
            (_("made as a draft"), loaded.mall.created),
            (_("was there already"), loaded.mall.kept),
            (_("waits for its level or segment"), loaded.mall.waiting),
        ):
            for code in codes:
                self.stdout.write(f"  {word}: {code}")
        for name, (now, then) in loaded.ledger.items():
            self.stdout.write(
                _("  proposed: %(name)s %(then)s (now %(now)s), with --apply-ledger-settings")
                % {"name": name, "then": then, "now": now}
            )


def _tomorrow() -> datetime:
    day = timezone.localdate() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time.min))


def _day(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.strptime(text, "%Y-%m-%d"))  # noqa: DTZ007 — made aware
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
