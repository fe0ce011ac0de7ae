"""Where each job of the schedule stands: one row per job, never more."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.Model):
    """What makes a job run once however many clocks and workers ask for it.

    A run is claimed by one conditional UPDATE of this row; every slot up to `settled_at` is done
    or given up. `token` names the run that holds the claim: who has lost it writes nothing more.
    """

    class State(models.TextChoices):
        IDLE = "idle", _("has not run yet")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    name = models.CharField(_("job"), max_length=80, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.IDLE)
    settled_at = models.DateTimeField(_("settled up to"))
    slot_at = models.DateTimeField(_("run of"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    succeeded_at = models.DateTimeField(_("last success"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("failed tries"), default=0)
    try_after = models.DateTimeField(_("next try"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    token = models.CharField(max_length=32, blank=True)
    actor = models.CharField(_("started by"), max_length=150, blank=True)
    asked_at = models.DateTimeField(_("asked for at"), null=True, blank=True)
    asked_by = models.CharField(_("asked for by"), max_length=150, blank=True)
    run = models.ForeignKey(
        "stores.JobRun",
        verbose_name=_("last run"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        permissions = [("run_job", _("Can run a job by hand"))]

    def __str__(self) -> str:
        return self.name
