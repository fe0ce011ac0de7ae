"""Inserting rows without the ORM's ceremony: what a redemption writes, it writes thus.

A redemption through `save()` and `bulk_create()` costs several times the work itself
(docs/decisions/0080-redemption-path.md). Values are prepared by the fields themselves, so what
stands in the tables is the same.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from django.db import connection
from django.db.models import Field, Model

M = TypeVar("M", bound=Model)


def insert(rows: Sequence[M]) -> None:
    """Insert new rows of one model in one statement, and tell each its key."""
    model = type(rows[0])
    head, marks, fields = _statement(model)
    values = [
        field.get_db_prep_save(getattr(row, str(field.attname)), connection)
        for row in rows
        for field in fields
    ]
    sql = f"{head} {', '.join([marks] * len(rows))} RETURNING id"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        keys = [key for (key,) in cursor.fetchall()]
    # Both databases give back the rows of one VALUES in its order.
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


@cache
def _statement(model: type[Model]) -> tuple[str, str, tuple["Field[object, object]", ...]]:
    fields = tuple(field for field in model._meta.concrete_fields if not field.primary_key)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = f"({', '.join(['%s'] * len(fields))})"
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES', marks, fields
