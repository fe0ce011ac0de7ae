"""Runs of the job that books expiry."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClearingRun(models.Model):
    """One booking of lapsed lots (F67): what it covered and what it did.

    A run that was killed is simply left behind; the lots say what is still to be booked.
    """

    cutoff_at = models.DateTimeField(_("lots past their day at"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    accounts = models.BigIntegerField(_("accounts"), default=0)
    lots = models.BigIntegerField(_("lots"), default=0)
    points = models.BigIntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("clearing run")
        verbose_name_plural = _("clearing runs")

    def __str__(self) -> str:
        return f"{self.pk} · {self.cutoff_at:%Y-%m-%d %H:%M}"
