"""What the scheduled jobs did, and when: one row per run."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class JobRun(models.Model):
    """One run of one job. It is written while the job works, so a stuck job shows."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        INTERRUPTED = "interrupted", _("interrupted")

    name = models.CharField(_("job"), max_length=80)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.RUNNING
    )
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(pgettext_lazy("count", "total"), null=True, blank=True)
    detail = models.JSONField(_("result"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)
    # Of the schedule: the occasion that this run settles, and who asked for it by hand.
    slot_at = models.DateTimeField(_("run of"), null=True, blank=True)
    actor = models.CharField(_("started by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        indexes = [
            models.Index(fields=["name", "-started_at"], name="job_run_by_name"),
            models.Index(fields=["-started_at"], name="job_run_by_start"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"

    @property
    def duration(self) -> timedelta:
        """How long it ran, or has run up to its last sign of life."""
        return (self.finished_at or self.heartbeat_at) - self.started_at

    @property
    def percent(self) -> int | None:
        """How far it is, in whole percent; None when nobody knows the end."""
        return min(100, 100 * self.done // self.total) if self.total else None
