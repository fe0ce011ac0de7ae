"""An ordered clearing ends points before their own day, but never before its own (I13)."""

from django.db import migrations

from points.migrations.sql.examiner_views import VIEWS

_EARLY = "WHERE l.expired > 0 AND x.occurred_at < l.expires_at"
_UNLESS_ORDERED = f"""{_EARLY}
          AND NOT EXISTS (
              SELECT 1 FROM points_clearingrun r JOIN points_clearingplan p ON p.id = r.plan_id
              WHERE x.source = 'clearing' AND x.rule_version = 'clearing:' || r.id
                AND p.policy <> 'lapsed' AND r.cutoff_at <= x.occurred_at)"""  # noqa: S608 - constants

OLD = VIEWS["audit_i13"]
NEW = OLD.replace(_EARLY, _UNLESS_ORDERED)


class Migration(migrations.Migration):
    dependencies = [("points", "0010_clearing_function")]
    operations = [
        migrations.RunSQL(
            ["DROP VIEW audit_i13", f"CREATE VIEW audit_i13 AS {NEW}"],
            ["DROP VIEW audit_i13", f"CREATE VIEW audit_i13 AS {OLD}"],
        )
    ]
