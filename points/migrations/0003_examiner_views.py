"""Views through which an outside examiner reads and checks the ledger."""

from django.db import migrations

from points.migrations.sql.examiner_views import VIEWS


class Migration(migrations.Migration):
    dependencies = [("points", "0002_guards")]
    operations = [
        migrations.RunSQL(f"CREATE VIEW {name} AS {sql}", f"DROP VIEW {name}")
        for name, sql in VIEWS.items()
    ]
