"""Decide every level that is due, as the night does."""

import json
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tiers.services import reevaluation


class Command(BaseCommand):
    help = "Decide every level whose period, grace or warning is due. May run twice, or be killed."

    def handle(self, *args: Any, **options: Any) -> None:
        report = reevaluation.run(now=timezone.now(), progress=self._progress)
        self.stderr.write("")
        self.stdout.write(json.dumps(report.as_json()))

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done}/{total}", ending="")
