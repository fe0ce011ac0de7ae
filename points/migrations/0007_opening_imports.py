"""Imports of members with the points that they had elsewhere."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("points", "0006_merges"),
        ("stores", "0004_scope_of_segments"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpeningImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(blank=True, upload_to="openings/%Y/%m/", verbose_name="file"),
                ),
                ("file_name", models.CharField(max_length=255, verbose_name="file name")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the file")),
                (
                    "are_new",
                    models.BooleanField(
                        default=False,
                        help_text="People who are registered get what the rules give for joining.",
                        verbose_name="these are new members",
                    ),
                ),
                (
                    "is_dry_run",
                    models.BooleanField(
                        default=True,
                        help_text="Checks and counts everything, writes nothing.",
                        verbose_name="dry run",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("reading", "reading the file"),
                            ("posting", "taking in people and points"),
                            ("done", "done"),
                            ("refused", "file refused"),
                            ("failed", "failed"),
                        ],
                        default="queued",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "unused_columns",
                    models.JSONField(default=list, verbose_name="columns that were not used"),
                ),
                ("cursor", models.BigIntegerField(default=0, verbose_name="last row handled")),
                (
                    "rows_total",
                    models.BigIntegerField(blank=True, null=True, verbose_name="rows to take in"),
                ),
                ("rows_done", models.BigIntegerField(default=0, verbose_name="rows handled")),
                ("rows_read", models.BigIntegerField(default=0, verbose_name="rows read")),
                ("rows_refused", models.BigIntegerField(default=0, verbose_name="rows refused")),
                ("members_new", models.BigIntegerField(default=0, verbose_name="new members")),
                (
                    "members_known",
                    models.BigIntegerField(default=0, verbose_name="members already there"),
                ),
                ("lots_new", models.BigIntegerField(default=0, verbose_name="new lots")),
                (
                    "lots_known",
                    models.BigIntegerField(default=0, verbose_name="lots already there"),
                ),
                (
                    "lots_lapsed",
                    models.BigIntegerField(default=0, verbose_name="lots that had lapsed"),
                ),
                (
                    "points_new",
                    models.BigIntegerField(default=0, verbose_name="points brought over"),
                ),
                (
                    "points_known",
                    models.BigIntegerField(default=0, verbose_name="points already there"),
                ),
                (
                    "points_lapsed",
                    models.BigIntegerField(default=0, verbose_name="points that had lapsed"),
                ),
                ("actor", models.CharField(max_length=64, verbose_name="started by")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("heartbeat_at", models.DateTimeField(verbose_name="last sign of life")),
                (
                    "finished_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="finished at"),
                ),
                (
                    "rehearsal",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="performance",
                        to="points.openingimport",
                        verbose_name="dry run before it",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stores.store",
                        verbose_name="home store of those without one",
                    ),
                ),
            ],
            options={
                "verbose_name": "import of members",
                "verbose_name_plural": "imports of members",
            },
        ),
        migrations.CreateModel(
            name="OpeningIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.BigIntegerField(verbose_name="row")),
                ("column", models.CharField(blank=True, max_length=64, verbose_name="column")),
                ("value", models.CharField(blank=True, max_length=64, verbose_name="value")),
                ("code", models.CharField(max_length=40, verbose_name="code")),
                ("params", models.JSONField(default=dict, verbose_name="details")),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="issues",
                        to="points.openingimport",
                        verbose_name="import of members",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused row of members",
                "verbose_name_plural": "refused rows of members",
            },
        ),
        migrations.AddIndex(
            model_name="openingimport",
            index=models.Index(fields=["sha256"], name="points_opening_of_file"),
        ),
        migrations.AddIndex(
            model_name="openingimport",
            index=models.Index(fields=["-started_at"], name="points_opening_by_start"),
        ),
        migrations.AddIndex(
            model_name="openingissue",
            index=models.Index(fields=["run", "row"], name="points_opening_issue_row"),
        ),
    ]
