"""Files of people and points from a former system: how far they are, what they refused."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# A worker tells every few seconds that it lives; after this silence another may take over.
SILENCE = timedelta(minutes=2)


class OpeningImport(models.Model):
    """The import of one file of members and lots, with progress that survives the process."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        READING = "reading", _("reading the file")
        POSTING = "posting", _("taking in people and points")
        DONE = "done", _("done")
        REFUSED = "refused", _("file refused")
        FAILED = "failed", _("failed")

    OPEN_STATES = (State.QUEUED, State.READING, State.POSTING)

    file = models.FileField(_("file"), upload_to="openings/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("home store of those without one"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    are_new = models.BooleanField(
        _("these are new members"),
        default=False,
        help_text=_("People who are registered get what the rules give for joining."),
    )
    is_dry_run = models.BooleanField(
        _("dry run"), default=True, help_text=_("Checks and counts everything, writes nothing.")
    )
    rehearsal = models.OneToOneField(
        "self",
        verbose_name=_("dry run before it"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="performance",
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.QUEUED)
    refusal = models.CharField(_("reason"), max_length=300, blank=True)
    unused_columns = models.JSONField(_("columns that were not used"), default=list)
    # The row in which the last person who is done with was met first; the place to go on from.
    cursor = models.BigIntegerField(_("last row handled"), default=0)
    rows_total = models.BigIntegerField(_("rows to take in"), null=True, blank=True)
    rows_done = models.BigIntegerField(_("rows handled"), default=0)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_refused = models.BigIntegerField(_("rows refused"), default=0)
    members_new = models.BigIntegerField(_("new members"), default=0)
    members_known = models.BigIntegerField(_("members already there"), default=0)
    lots_new = models.BigIntegerField(_("new lots"), default=0)
    lots_known = models.BigIntegerField(_("lots already there"), default=0)
    lots_lapsed = models.BigIntegerField(_("lots that had lapsed"), default=0)
    points_new = models.BigIntegerField(_("points brought over"), default=0)
    points_known = models.BigIntegerField(_("points already there"), default=0)
    points_lapsed = models.BigIntegerField(_("points that had lapsed"), default=0)
    actor = models.CharField(_("started by"), max_length=64)
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import of members")
        verbose_name_plural = _("imports of members")
        indexes = [
            models.Index(fields=["sha256"], name="points_opening_of_file"),
            models.Index(fields=["-started_at"], name="points_opening_by_start"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int | None:
        """How far the import is; None while the file is still being read."""
        if self.rows_total is None:
            return None
        return 100 * self.rows_done // self.rows_total if self.rows_total else 100


class OpeningIssue(models.Model):
    """Something that is wrong with a row of the file. Its value names no person."""

    run = models.ForeignKey(
        "points.OpeningImport",
        verbose_name=_("import of members"),
        on_delete=models.PROTECT,
        related_name="issues",
        db_index=False,
    )
    row = models.BigIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=64, blank=True)
    value = models.CharField(_("value"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=40)
    params = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("refused row of members")
        verbose_name_plural = _("refused rows of members")
        indexes = [models.Index(fields=["run", "row"], name="points_opening_issue_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"
