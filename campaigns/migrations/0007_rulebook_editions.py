"""The rules page as members could read it, one row per edition."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_limits_events_and_faults")]
    operations = [
        migrations.CreateModel(
            name="RulebookEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("revision", models.PositiveIntegerField(default=0, verbose_name="revision")),
                ("since", models.DateTimeField(verbose_name="in force from")),
                ("content", models.JSONField(verbose_name="clauses")),
                ("preface", models.TextField(blank=True, verbose_name="preface of the rules page")),
                ("preface_en", models.TextField(blank=True, verbose_name="preface in English")),
                ("mark", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions",
                        to="campaigns.earningruleversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "edition of the rules page",
                "verbose_name_plural": "editions of the rules page",
                "constraints": [
                    models.UniqueConstraint(fields=("version", "revision"), name="campaigns_edition_once"),
                    models.CheckConstraint(condition=models.Q(("mark", ""), _negated=True), name="campaigns_edition_marked"),
                ],
            },
        ),
    ]
