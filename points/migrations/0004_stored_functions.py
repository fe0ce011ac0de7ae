"""The ledger's hot writes as functions of PostgreSQL, one statement each."""

from pathlib import Path

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SQL = Path(__file__).parent / "sql"


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, "functions_postgresql.sql")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    _run(editor, "functions_postgresql_drop.sql")


def _run(editor: BaseDatabaseSchemaEditor, name: str) -> None:
    if editor.connection.vendor == "postgresql":
        with editor.connection.cursor() as cursor:
            cursor.execute((SQL / name).read_text(encoding="utf-8"))


class Migration(migrations.Migration):
    dependencies = [("points", "0003_examiner_views")]
    operations = [migrations.RunPython(install, remove)]
