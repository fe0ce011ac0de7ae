"""Whole rows by a statement that is written once, for what is read with every request.

The ORM builds its SQL anew for every call; for a row that is asked for all the time that costs
several times the asking. The fields convert what comes back, so the objects are the same.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

Converter = Callable[[Any, Any, Any], Any]


@cache
def columns(model: type[Model], alias: str) -> str:
    """Every column of the model, for a SELECT in which its table is called `alias`."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def first(models: Sequence[type[Model]], sql: str, parameters: Sequence[Any]) -> list[Any] | None:
    """The first row of `sql`, which selects `columns` of these models one after the other, as an
    object of each; None where there is no row. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    if row is None:
        return None
    found, start = [], 0
    for model in models:
        names, converters = _plan(model)
        values = list(row[start : start + len(names)])
        for place, expression, each in converters:
            for convert in each:
                values[place] = convert(values[place], expression, connection)
        found.append(model.from_db(connection.alias, names, values))
        start += len(names)
    return found


@cache
def _plan(model: type[Model]) -> tuple[list[str], list[tuple[int, Any, list[Converter]]]]:
    """Names of the fields, and what turns a column of this database into a value."""
    fields = model._meta.concrete_fields
    converters = []
    for place, field in enumerate(fields):
        expression = field.get_col(model._meta.db_table)
        each = [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]
        if each:
            converters.append((place, expression, each))
    return [str(field.attname) for field in fields], converters
