"""The full-text index of rewards: a tsvector under GIN on PostgreSQL, FTS5 on SQLite."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_CREATE = {
    "postgresql": (
        """CREATE TABLE mall_reward_search (
            rowid bigint PRIMARY KEY,
            document tsvector NOT NULL)""",
        "CREATE INDEX mall_reward_search_document ON mall_reward_search USING gin (document)",
    ),
    "sqlite": (
        """CREATE VIRTUAL TABLE mall_reward_search USING fts5 (name, more, body,
            tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'")""",
    ),
}


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        for statement in _CREATE[editor.connection.vendor]:
            cursor.execute(statement)


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute("DROP TABLE mall_reward_search")


class Migration(migrations.Migration):
    dependencies = [("mall", "0001_catalogue_and_redemptions")]
    operations = [
        migrations.RunPython(create, drop),
        migrations.CreateModel(
            name="RewardSearch",
            fields=[
                (
                    "reward",
                    models.OneToOneField(
                        db_column="rowid",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="mall.reward",
                    ),
                ),
            ],
            options={"db_table": "mall_reward_search", "managed": False, "default_permissions": ()},
        ),
    ]
