"""Take from the product's database role what it never needs: `restrict_app_role judian_app`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

KEPT = ("points_account", "points_lot", "points_lotuse", "points_hold")
"""Tables whose rows change, but are never removed."""


class Command(BaseCommand):
    help = (
        "Lets a PostgreSQL role work with the product, but neither change nor remove what the "
        "ledger keeps (I4). Run it as the owner of the tables, after every migration; the product "
        "then signs in as that role, and only migrations as the owner."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="an existing role that is not the owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(_("Only PostgreSQL has roles."))
        name = options["role"]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [name])
            found = cursor.fetchone()
            if found is None:
                raise CommandError(_("There is no role %(role)s.") % {"role": name})
            if found[0]:
                raise CommandError(
                    _("%(role)s is a superuser: no grant binds it.") % {"role": name}
                )
            role = connection.ops.quote_name(name)
            for sql in (
                f"GRANT USAGE ON SCHEMA public TO {role}",
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
                f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
                f"REVOKE UPDATE, DELETE, TRUNCATE ON points_entry FROM {role}",
                f"REVOKE DELETE, TRUNCATE ON {', '.join(KEPT)} FROM {role}",
            ):
                cursor.execute(sql)
        self.stdout.write(_("%(role)s can no longer rewrite the ledger.") % {"role": name})
