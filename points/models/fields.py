"""Columns that the ledger needs and Django does not bring."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[Any, Any]
else:
    _TextField = models.TextField  # generic for the type checker only


def canonical(value: Any) -> str:
    """JSON with one spelling only, so that the same content always has the same hash."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class CanonicalJSONField(_TextField):
    """JSON kept as the very text that the hash chain covers.

    A `jsonb` column rewrites what it is given, and differently from SQLite, so an entry could
    not be verified from what is stored.
    """

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else canonical(value)
