"""Triggers that keep published versions and their rules as they were, on both databases.

What a version gave has to stay explainable by the very rules that gave it.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL = """
CREATE FUNCTION campaigns_published_rule_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version is immutable' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER campaigns_published_rule_stands
    BEFORE UPDATE OR DELETE ON campaigns_earningruleversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION campaigns_published_rule_stands();

CREATE FUNCTION campaigns_rules_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM 1 FROM campaigns_earningruleversion
        WHERE id = OLD.version_id AND published_at IS NOT NULL;
        IF FOUND THEN
            RAISE EXCEPTION 'the rules of a published version are immutable'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM 1 FROM campaigns_earningruleversion
        WHERE id = NEW.version_id AND published_at IS NOT NULL;
        IF FOUND THEN
            RAISE EXCEPTION 'the rules of a published version are immutable'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER campaigns_rules_stand
    BEFORE INSERT OR UPDATE OR DELETE ON campaigns_earningrule
    FOR EACH ROW EXECUTE FUNCTION campaigns_rules_stand();
"""
POSTGRESQL_DROP = """
DROP TRIGGER campaigns_rules_stand ON campaigns_earningrule;
DROP FUNCTION campaigns_rules_stand();
DROP TRIGGER campaigns_published_rule_stands ON campaigns_earningruleversion;
DROP FUNCTION campaigns_published_rule_stands();
"""
SQLITE_VERSION = """
CREATE TRIGGER campaigns_published_rule_stands_{event}
BEFORE {event} ON campaigns_earningruleversion
FOR EACH ROW WHEN OLD.published_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a published version is immutable');
END
"""
SQLITE_RULE = """
CREATE TRIGGER campaigns_rules_stand_{event}_{row}
BEFORE {event} ON campaigns_earningrule
FOR EACH ROW WHEN EXISTS (
    SELECT 1 FROM campaigns_earningruleversion
    WHERE id = {row}.version_id AND published_at IS NOT NULL
)
BEGIN
    SELECT RAISE(ABORT, 'the rules of a published version are immutable');
END
"""
_RULE_EVENTS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL)
            return
        for event in ("UPDATE", "DELETE"):
            cursor.execute(SQLITE_VERSION.format(event=event))
        for event, row in _RULE_EVENTS:
            cursor.execute(SQLITE_RULE.format(event=event, row=row))


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute(POSTGRESQL_DROP)
            return
        for event in ("UPDATE", "DELETE"):
            cursor.execute(f"DROP TRIGGER campaigns_published_rule_stands_{event}")
        for event, row in _RULE_EVENTS:
            cursor.execute(f"DROP TRIGGER campaigns_rules_stand_{event}_{row}")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_programs")]
    operations = [migrations.RunPython(install, remove)]
