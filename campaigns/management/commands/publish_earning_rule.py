"""Publish an earning rule from the command line, for installations set up by script."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import EarningRuleVersion
from campaigns.services import rules
from stores.exceptions import Refusal


class Command(BaseCommand):
    help = (
        "Publish a version of the earning rule, e.g. "
        "--points 1 --per 1 --months 12 --starts 2010-01-01"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="", help="name shown to staff")
        parser.add_argument("--points", type=int, default=1, help="points …")
        parser.add_argument("--per", type=_decimal, default=Decimal(1), help="… for so many yuan")
        parser.add_argument("--whole-blocks", action="store_true", help="only whole blocks count")
        parser.add_argument("--per-line", action="store_true", help="round down on every line")
        validity = parser.add_mutually_exclusive_group()
        validity.add_argument("--months", type=int, help="valid for so many months (default 12)")
        validity.add_argument("--days", type=int, help="valid for so many days")
        validity.add_argument("--never", action="store_true", help="points never expire")
        parser.add_argument("--pending-days", type=int, default=0, help="days until usable")
        parser.add_argument(
            "--reason", default="", help="why a later version is published without a back-test"
        )
        parser.add_argument(
            "--short-notice-reason", default="", help="why members are not told days ahead"
        )
        parser.add_argument(
            "--starts", type=_local_time, help="in force from (YYYY-MM-DD[ HH:MM]); default: now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        fields = EarningRuleVersion
        version = EarningRuleVersion(
            name=options["name"] or _("Basic rule"),
            starts_at=options["starts"] or now,
            method=fields.Method.BLOCK if options["whole_blocks"] else fields.Method.RATIO,
            points=options["points"],
            block_yuan=options["per"],
            floor_at=fields.FloorAt.LINE if options["per_line"] else fields.FloorAt.RECEIPT,
            pending_days=options["pending_days"],
            **_validity(options),
        )
        try:
            rules.publish(
                version=version,
                by=None,
                now=now,
                reason=options["reason"],
                short_notice_reason=options["short_notice_reason"],
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        self.stdout.write(
            _("Published: %(rule)s, in force from %(start)s")
            % {"rule": version, "start": f"{timezone.localtime(version.starts_at):%Y-%m-%d %H:%M}"}
        )


def _validity(options: dict[str, Any]) -> dict[str, Any]:
    kinds = EarningRuleVersion.Validity
    if options["never"]:
        return {"validity": kinds.NEVER, "validity_count": 0}
    if options["days"] is not None:
        return {"validity": kinds.DAYS, "validity_count": options["days"]}
    months = options["months"] if options["months"] is not None else 12
    return {"validity": kinds.MONTHS, "validity_count": months}


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


def _local_time(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))
