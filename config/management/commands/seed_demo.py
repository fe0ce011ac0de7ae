"""`manage.py seed_demo`: the demo merchant, in an empty database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config import demo


class Command(BaseCommand):
    """A year of a small chain: stores, members, receipts, returns and what came of them."""

    help = "Fill an empty database with a demo merchant whose year ends today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--members", type=int, default=200)
        parser.add_argument("--seed", type=int, default=1, help="another number, other people")

    def handle(self, *, members: int, seed: int, verbosity: int, **options: Any) -> None:
        if not demo.is_wanted():
            raise CommandError("the database already has stores or members")
        if not 1 <= members <= 9999:
            raise CommandError("--members must be between 1 and 9999")
        made = demo.seed(members=members, seed=seed, now=timezone.now())
        self.stdout.write(
            f"{made.members} members, {made.receipts} receipts ({made.refused} refused)"
        )
