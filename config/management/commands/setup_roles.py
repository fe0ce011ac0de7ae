"""`manage.py setup_roles`: the five roles of a shop's staff, as groups with permissions."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import roles


class Command(BaseCommand):
    """Makes groups that are missing; one that the merchant has changed is left alone."""

    help = "Create the staff groups 运营, 店长, 收银, 财务 and 客服 where they are missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--widen",
            action="store_true",
            help="also give the groups that exist what their roles have gained since, as after an "
            "upgrade; nothing is taken away",
        )

    def handle(self, **options: Any) -> None:
        made = roles.ensure()
        self.stdout.write(", ".join(made) if made else "nothing to do")
        if options["widen"]:
            for name, added in roles.widen().items():
                self.stdout.write(f"{name}: + {', '.join(added)}")
