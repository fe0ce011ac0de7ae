"""Asking for many rows by their keys in one query, whatever their number.

A list written out as parameters meets SQLite's limit on them; one array does not.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db import models


class _Among(models.Func):
    output_field = models.BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s))",
            arg_joiner=" IN (SELECT value FROM json_each(",
            **context,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(", **context
        )


class _Array(models.Value):
    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return "%s", [json.dumps(self.value)]


def among(field: str, keys: Collection[str] | Collection[int]) -> models.Func:
    """A condition for `filter`: `field` is one of `keys`. One parameter on either database."""
    return _Among(models.F(field), _Array(list(keys)))
