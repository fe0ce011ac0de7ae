"""Work on an ordered clearing: `manage.py clear_points 3`, `--rehearse`, `--go-on`."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from points.models import ClearingPlan
from points.selectors import clearing_reports
from points.services.clearing import plans, working
from stores.exceptions import Refusal


class Command(BaseCommand):
    help = (
        "Runs an approved clearing whose day has ended, goes on with one that was stopped or "
        "killed, or gives back what an undone one took. Ordering and approving is done in the "
        "back office, by two people."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("plan", type=int, help="the number of the clearing")
        parser.add_argument(
            "--rehearse", action="store_true", help="dry run; prints what it found as JSON"
        )
        parser.add_argument(
            "--go-on", action="store_true", help="start it again after somebody stopped it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        plan = ClearingPlan.objects.filter(pk=options["plan"]).first()
        if plan is None:
            raise CommandError(_("There is no clearing %(number)s.") % {"number": options["plan"]})
        try:
            if options["rehearse"]:
                plans.request_rehearsal(plan_id=plan.pk, at=now)
            elif options["go_on"]:
                plans.start(plan_id=plan.pk, at=now)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        done = self._work(plan.pk)
        if done is None:
            raise CommandError(_("There is nothing to do now, or another process does it."))
        if options["rehearse"]:
            self.stdout.write(json.dumps(done.rehearsal, ensure_ascii=False, indent=2))
            return
        found = clearing_reports.outcome(done)
        self.stdout.write(
            _("%(state)s: %(points)s points of %(lots)s lots in %(accounts)s accounts")
            % {
                "state": done.get_state_display(),
                "points": found.points if found else 0,
                "lots": found.lots if found else 0,
                "accounts": found.accounts if found else 0,
            }
        )

    def _work(self, plan_id: int) -> ClearingPlan | None:
        bar = tqdm(unit="accounts", disable=not sys.stderr.isatty())

        def progress(accounts: int, _points: int) -> None:
            bar.update(accounts - bar.n)

        try:
            return working.work(plan_id=plan_id, now=timezone.now(), progress=progress)
        finally:
            bar.close()
