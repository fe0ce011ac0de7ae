"""Writing many rows of a table by one statement, and being told which of them are new."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, models

# Rows per statement: enough that the statement itself costs nothing, few enough for one message.
WINDOW = 2000

_KEYS = 2
_ARRAYS = {
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "BooleanField": "boolean",
    "DateTimeField": "timestamptz",
    "ForeignKey": "bigint",
    "JSONField": "text",
    "PositiveSmallIntegerField": "smallint",
}


class Target(NamedTuple):
    """A table, and the columns that are written, in their order."""

    model: type[models.Model]
    fields: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        known = {field.name: str(field.column) for field in self.model._meta.concrete_fields}
        return [known[name] for name in self.fields]

    @property
    def kinds(self) -> list[str]:
        return [self.model._meta.get_field(name).get_internal_type() for name in self.fields]


def insert(
    target: Target, rows: Sequence[Sequence[Any]], *, returning: str = "id"
) -> list[tuple[Any, ...]]:
    """Insert `rows`, passing over those that meet a unique constraint; the new ones' `returning`.

    JSON values are given as texts, instants aware. One statement for up to `WINDOW` rows.
    """
    if not rows:
        return []
    is_postgresql = connection.vendor == "postgresql"
    values, source, parameters = (_given if is_postgresql else _given_json)(target, rows)
    # Names of our own columns, and parameters. Without a WHERE, SQLite would take ON for a join.
    sql = f"{_into(target)} SELECT {', '.join(values)} FROM {source} WHERE true"  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ON CONFLICT DO NOTHING RETURNING {returning}", parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def chunks(rows: Sequence[Any], size: int = WINDOW) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _into(target: Target) -> str:
    quoted = ", ".join(connection.ops.quote_name(column) for column in target.columns)
    return f"INSERT INTO {target.model._meta.db_table} ({quoted})"


def _given(target: Target, rows: Sequence[Sequence[Any]]) -> tuple[list[str], str, list[Any]]:
    """The rows as a table that a statement can read: its values, its source, its parameters."""
    values, arrays, names = [], [], []
    same, differing = [], []
    for number, (kind, column) in enumerate(
        zip(target.kinds, zip(*rows, strict=True), strict=True), start=1
    ):
        type_ = _ARRAYS.get(kind, "text")
        cast = "::jsonb" if kind == "JSONField" else ""
        # An array is dear to write; what is the same in every row goes once. The first two
        # columns name the rows.
        if number > _KEYS and all(value == column[0] for value in column):
            values.append(f"%s::{type_}{cast}")
            same.append(column[0])
        else:
            values.append(f"g.c{number}{cast}")
            arrays.append(f"%s::{type_}[]")
            names.append(f"c{number}")
            differing.append(list(column))
    return values, f"unnest({', '.join(arrays)}) AS g ({', '.join(names)})", same + differing


def _given_json(target: Target, rows: Sequence[Sequence[Any]]) -> tuple[list[str], str, list[Any]]:
    instants = {at for at, kind in enumerate(target.kinds) if kind == "DateTimeField"}
    adapt = connection.ops.adapt_datetimefield_value
    plain = [
        [
            str(adapt(value)) if number in instants and value is not None else value
            for number, value in enumerate(row)
        ]
        for row in rows
    ]
    values = [f"json_extract(g.value, '$[{at}]')" for at in range(len(target.fields))]
    return values, "json_each(%s) AS g", [json.dumps(plain)]


def update(
    target: Target, rows: Sequence[Sequence[Any]], *, guard: str = "", returning: str = "id"
) -> list[tuple[Any, ...]]:
    """Set the columns after the first, the key, of many rows at once, each to its own values.

    `guard` is a further condition, of our own writing, on the row `t` as it stands. Answers what
    was changed.
    """
    if not rows:
        return []
    is_postgresql = connection.vendor == "postgresql"
    values, source, parameters = (_given if is_postgresql else _given_json)(target, rows)
    named = [connection.ops.quote_name(column) for column in target.columns]
    pairs = [f"{name} = {value}" for name, value in zip(named, values, strict=True)]
    where, changed = f"t.{pairs[0]}{guard and f' AND {guard}'}", ", ".join(pairs[1:])
    table = target.model._meta.db_table
    sql = f"UPDATE {table} AS t SET {changed} FROM {source} WHERE {where}"  # noqa: S608 - names of our own
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {returning}", parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
