"""Play a draft over real purchases: `manage.py backtest DRAFT --days 30 [--json]`."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from campaigns.models import EarningRuleVersion
from insights.models import BacktestRun
from insights.services import backtests
from stores.exceptions import Refusal


class Command(BaseCommand):
    help = (
        "Judges the purchases of a period by a draft and by the version in force, and tells the "
        "difference. Reads only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int, help="the draft's id, as in its admin address")
        parser.add_argument("--days", type=int, default=30, help="the last so many days")
        parser.add_argument("--from", dest="first", type=_day, help="instead: from this day on …")
        parser.add_argument("--to", dest="last", type=_day, help="… through this day")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            run = self._request(now, options)
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        bar = tqdm(unit="receipts", disable=options["json"] or not sys.stderr.isatty())

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        backtests.work(run_id=run.pk, now=now, progress=progress)
        bar.close()
        run.refresh_from_db()
        if options["json"]:
            self.stdout.write(json.dumps(run.result, ensure_ascii=False, indent=2))
        else:
            self._tell(run)

    def _request(self, now: datetime, options: dict[str, Any]) -> BacktestRun:
        version = EarningRuleVersion.objects.filter(pk=options["version"]).first()
        if version is None:
            raise CommandError(
                _("There is no version with the id %(pk)s.") % {"pk": options["version"]}
            )
        if options["first"] is None:
            return backtests.request_days(version=version, days=options["days"], by=None, now=now)
        last = options["last"] + timedelta(days=1) if options["last"] else now
        return backtests.request(
            version=version, starts_at=options["first"], ends_at=last, by=None, now=now
        )

    def _tell(self, run: BacktestRun) -> None:
        total = run.result["total"]
        for name, label in (("live", _("version in force")), ("draft", _("draft"))):
            self.stdout.write(
                _("%(label)s: earned %(earned)s, taken back %(taken)s, net %(net)s")
                % {"label": label, **total[name]}
            )
        self.stdout.write(
            _(
                "%(receipts)s receipts of %(members)s members in %(seconds)s s: %(change)s points; "
                "%(better)s members better off, %(worse)s worse"
            )
            % {
                "receipts": total["receipts"],
                "members": run.result["members"],
                "seconds": run.seconds,
                "change": f"{total['change']:+d}",
                "better": run.result["better"],
                "worse": run.result["worse"],
            }
        )


def _day(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))
