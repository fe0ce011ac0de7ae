"""`manage.py index_rewards`: make the full-text index of rewards anew."""

from typing import Any

from django.core.management.base import BaseCommand

from mall.services import search


class Command(BaseCommand):
    help = "Make the full-text index of rewards anew: after an import by hand, or a restore."

    def handle(self, *args: Any, **options: Any) -> None:
        done = search.rebuild(progress=lambda count: self.stderr.write(f"{count}"))
        self.stdout.write(f"{done} rewards indexed")
