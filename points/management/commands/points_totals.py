"""The programme's totals as of any instant: `manage.py points_totals --as-of 2011-12-09`."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from points import policies, selectors


class Command(BaseCommand):
    help = "Points earned, taken back, expired and outstanding, as of the end of a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="DAY", help="YYYY-MM-DD; default: now")
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--booked",
            action="store_true",
            help="by the time of booking instead of the time things happened",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = self._instant(options["as_of"])
        totals = selectors.totals_as_of(
            at, clock="created_at" if options["booked"] else "occurred_at"
        )
        figures = asdict(totals) | {"net": totals.net}
        if options["json"]:
            self.stdout.write(json.dumps({"at": at.isoformat(), **figures}))
            return
        labels = {
            "accounts": _("accounts"),
            "earned": _("earned"),
            "clawed": _("clawed back"),
            "expired": _("expired"),
            "available": _("available"),
            "held": _("held"),
            "pending": _("pending"),
            "debt": _("debt"),
            "net": _("balance, debt counted as negative"),
            "in_debt": _("members below zero"),
            "dying": _("lapses within 30 days"),
            "dying_accounts": _("members whom that concerns"),
        }
        for key, label in labels.items():
            self.stdout.write(f"{figures[key]:>16,}  {label}")

    @staticmethod
    def _instant(day: str | None) -> datetime:
        if day is None:
            return timezone.now()
        try:
            parsed = date.fromisoformat(day)
        except ValueError as error:
            raise CommandError(_("Not a day: %(day)s") % {"day": day}) from error
        zone = ZoneInfo(settings.TIME_ZONE)
        return policies.start_of_day(parsed + timedelta(days=1), zone) - timedelta(microseconds=1)
