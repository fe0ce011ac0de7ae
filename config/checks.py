"""What an operator should know before the first member does."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import connection
from django.utils.translation import gettext as _


@checks.register()
def trial_parts_in_service(app_configs: Any, **kwargs: Any) -> Sequence[checks.CheckMessage]:
    """Warn when a system that is in service (DEBUG off) leans on the parts meant for a trial."""
    if settings.DEBUG:
        return []
    found: list[checks.CheckMessage] = []
    if connection.vendor == "sqlite":
        found.append(
            checks.Warning(
                _("SQLite is for trials: one writer at a time, on one machine."),
                hint=_("Set DATABASE_URL to a PostgreSQL database."),
                id="config.W001",
            )
        )
    if not settings.REDIS_URL:
        found.append(
            checks.Warning(
                _("The embedded broker is for trials: it serves one machine."),
                hint=_("Set REDIS_URL."),
                id="config.W002",
            )
        )
    return found
