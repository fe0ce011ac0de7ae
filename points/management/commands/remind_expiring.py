"""Tell members by hand which points end soon: `manage.py remind_expiring`."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from points.services import reminders


class Command(BaseCommand):
    help = "Tells every member once per reminder. Safe to run twice, and after being killed."

    def handle(self, *args: Any, **options: Any) -> None:
        bar = tqdm(unit="members", disable=not sys.stderr.isatty())

        def progress(members: int) -> None:
            bar.update(members - bar.n)

        done = reminders.remind(now=timezone.now(), progress=progress)
        bar.close()
        self.stdout.write(
            _("%(members)s members were told of %(points)s points")
            % {"members": done.members, "points": done.points}
        )
