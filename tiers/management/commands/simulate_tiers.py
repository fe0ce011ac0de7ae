"""How many members would be where under other thresholds."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from stores.exceptions import Refusal
from tiers.policies.ladders import Basis
from tiers.policies.windows import Window
from tiers.selectors import simulation
from tiers.services import program
from tiers.services.climbing import day_of


class Command(BaseCommand):
    help = "Count members by the level that they would have: simulate_tiers silver=2000 gold=8000"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("thresholds", nargs="*", metavar="CODE=GROWTH")
        parser.add_argument("--basis", choices=[one.value for one in Basis])
        parser.add_argument("--window", choices=[one.value for one in Window])

    def handle(self, *args: Any, **options: Any) -> None:
        rules: dict[str, Any] = {}
        if options["basis"]:
            rules["basis"] = Basis(options["basis"])
        if options["window"]:
            rules["window"] = Window(options["window"])
        try:
            ladder = program.with_thresholds(_thresholds(options["thresholds"]), rules=rules)
        except Refusal as refusal:
            raise CommandError(f"{refusal} [{refusal.code}]") from refusal
        told = simulation.simulate(ladder, on=day_of(timezone.now()))
        self.stdout.write(json.dumps(told.as_json(), ensure_ascii=False, indent=2))


def _thresholds(given: list[str]) -> dict[str, int]:
    found = {}
    for pair in given:
        code, equals, number = pair.partition("=")
        if not equals or not number.isascii() or not number.isdigit():
            raise CommandError(f"not CODE=GROWTH: {pair}")
        found[code] = int(number)
    return found
