"""Triggers that keep the ledger's truths, on PostgreSQL and on SQLite."""

from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from points.migrations.sql import guards_sqlite

SQL = Path(__file__).parent / "sql"


def _run(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute((SQL / name).read_text(encoding="utf-8"))


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        _run(editor, "guards_postgresql.sql")
        return
    with editor.connection.cursor() as cursor:
        for statement in guards_sqlite.CREATE.values():
            cursor.execute(statement)


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        _run(editor, "guards_postgresql_drop.sql")
        return
    with editor.connection.cursor() as cursor:
        for name in guards_sqlite.CREATE:
            cursor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("points", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
