"""Clearings as functions of PostgreSQL; the older `points_expire` stays for older programs."""

from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQL = Path(__file__).parent / "sql"


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, "clear_told_postgresql.sql", "clear_postgresql.sql")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, "clear_postgresql_drop.sql")


def _run(editor: BaseDatabaseSchemaEditor, *names: str) -> None:
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        for name in names:
            cursor.execute((SQL / name).read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("points", "0009_clearings")]
    operations = [migrations.RunPython(install, remove)]
