"""Triggers that keep every edition of the rules page as it was, on both databases.

What members could read has to stay provable.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL = """
CREATE FUNCTION campaigns_edition_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an edition of the rules page is immutable' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER campaigns_edition_stands
    BEFORE UPDATE OR DELETE ON campaigns_rulebookedition
    FOR EACH ROW EXECUTE FUNCTION campaigns_edition_stands();
CREATE TRIGGER campaigns_editions_stand
    BEFORE TRUNCATE ON campaigns_rulebookedition
    FOR EACH STATEMENT EXECUTE FUNCTION campaigns_edition_stands();
"""
POSTGRESQL_DROP = """
DROP TRIGGER campaigns_editions_stand ON campaigns_rulebookedition;
DROP TRIGGER campaigns_edition_stands ON campaigns_rulebookedition;
DROP FUNCTION campaigns_edition_stands();
"""
SQLITE = """
CREATE TRIGGER campaigns_edition_stands_{event}
BEFORE {event} ON campaigns_rulebookedition
BEGIN
    SELECT RAISE(ABORT, 'an edition of the rules page is immutable');
END
"""


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return
        for event in ("UPDATE", "DELETE"):
            cursor.execute(SQLITE.format(event=event))


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_DROP)
            return
        for event in ("UPDATE", "DELETE"):
            cursor.execute(f"DROP TRIGGER campaigns_edition_stands_{event}")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_rulebook_editions")]
    operations = [migrations.RunPython(install, remove)]
