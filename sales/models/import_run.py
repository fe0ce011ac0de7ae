"""Files of receipts: how far their import is, and which rows it refused."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# A worker tells every few seconds that it lives; after this silence another may take over.
SILENCE = timedelta(minutes=2)


class ImportRun(models.Model):
    """The import of one file into one store, with progress that survives the process."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        READING = "reading", _("reading the file")
        POSTING = "posting", _("posting receipts")
        DONE = "done", _("done")
        REFUSED = "refused", _("file refused")
        FAILED = "failed", _("failed")

    OPEN_STATES = (State.QUEUED, State.READING, State.POSTING)

    store = models.ForeignKey(
        "stores.Store", verbose_name=_("store"), on_delete=models.PROTECT, related_name="+"
    )
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    mapping = models.TextField(_("column mapping"))
    create_members = models.BooleanField(
        _("create missing members"),
        default=False,
        help_text=_("Otherwise receipts of unknown members are refused."),
    )
    is_dry_run = models.BooleanField(
        _("dry run"), default=False, help_text=_("Checks and counts everything, writes nothing.")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.QUEUED)
    refusal = models.CharField(_("reason"), max_length=300, blank=True)
    # Receipts of the file in their order that are done with; the place to go on from.
    cursor = models.BigIntegerField(_("receipts handled"), default=0)
    receipts_total = models.BigIntegerField(_("receipts to take in"), null=True, blank=True)
    rows_read = models.BigIntegerField(_("rows read"), default=0)
    rows_refused = models.BigIntegerField(_("rows refused"), default=0)
    receipts_new = models.BigIntegerField(_("new receipts"), default=0)
    receipts_known = models.BigIntegerField(_("receipts already there"), default=0)
    receipts_refused = models.BigIntegerField(_("receipts refused"), default=0)
    receipts_waiting = models.BigIntegerField(_("returns waiting for their sale"), default=0)
    lines_new = models.BigIntegerField(_("new lines"), default=0)
    members_new = models.BigIntegerField(_("new members"), default=0)
    points_earned = models.BigIntegerField(_("points earned"), default=0)
    points_clawed = models.BigIntegerField(_("points taken back"), default=0)
    receipts_unruled = models.BigIntegerField(_("receipts from before the first rule"), default=0)
    actor = models.CharField(_("started by"), max_length=64)
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            models.Index(fields=["sha256", "store"], name="sales_import_of_file"),
            models.Index(fields=["-started_at"], name="sales_import_by_start"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int | None:
        """How far the posting is; None while the file is still being read."""
        if self.receipts_total is None:
            return None
        return 100 * self.cursor // self.receipts_total if self.receipts_total else 100


class ImportIssue(models.Model):
    """A row of the file that was not taken in, and why."""

    run = models.ForeignKey(
        "sales.ImportRun",
        verbose_name=_("import"),
        on_delete=models.PROTECT,
        related_name="issues",
        db_index=False,
    )
    row = models.BigIntegerField(_("row"))
    number = models.CharField(_("receipt number"), max_length=64, blank=True)
    column = models.CharField(_("column"), max_length=64, blank=True)
    code = models.CharField(_("code"), max_length=40)
    params = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        indexes = [models.Index(fields=["run", "row"], name="sales_issue_by_row")]

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"
