"""Triggers that keep published rule versions as they were, on PostgreSQL and on SQLite.

What a rule gave has to stay explainable by the very version that gave it.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL = """
CREATE FUNCTION campaigns_published_rule_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published earning rule is immutable' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER campaigns_published_rule_stands
    BEFORE UPDATE OR DELETE ON campaigns_earningruleversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION campaigns_published_rule_stands();
"""
POSTGRESQL_DROP = """
DROP TRIGGER campaigns_published_rule_stands ON campaigns_earningruleversion;
DROP FUNCTION campaigns_published_rule_stands();
"""
SQLITE = """
CREATE TRIGGER campaigns_published_rule_stands_{event}
BEFORE {event} ON campaigns_earningruleversion
FOR EACH ROW WHEN OLD.published_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a published earning rule is immutable');
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
            cursor.execute(f"DROP TRIGGER campaigns_published_rule_stands_{event}")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_earning_rules")]
    operations = [migrations.RunPython(install, remove)]
