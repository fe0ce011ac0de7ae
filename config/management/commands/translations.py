"""Keep the catalogues: `--check` that they are complete, `--update` them, or compile them."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import translations

LOCALE = "zh_Hans"


class Command(BaseCommand):
    """Without an option: compile what changed, which is what a deployment needs."""

    help = "Compile the translations; --update merges new strings, --check judges them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when one is missing")
        parser.add_argument("--update", action="store_true", help="merge what the code says now")

    def handle(self, *, check: bool, update: bool, **options: Any) -> None:
        root = settings.BASE_DIR
        if update:
            self.stdout.write(str(translations.update(root, LOCALE)))
        if check and (found := translations.problems(root, LOCALE)):
            raise CommandError("\n".join([*found, f"{len(found)} problems in the translations"]))
        for path in translations.compile_catalogues(root):
            self.stdout.write(f"compiled {path.relative_to(root)}")
