"""A draft of the program, played over the purchases of the last days."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BacktestRun(models.Model):
    """Its state, its progress and, at the end, what it found. Nothing else is ever written."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("version of the program"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    # The draft's content when it was read: what the result is about.
    mark = models.CharField(max_length=64, blank=True, editable=False)
    live = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("compared with"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    days = models.PositiveIntegerField(_("days"), null=True, blank=True)
    starts_at = models.DateTimeField(_("purchases from"))
    ends_at = models.DateTimeField(_("purchases before"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("total"), null=True, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"))
    heartbeat_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    seconds = models.DecimalField(
        _("seconds"), max_digits=9, decimal_places=1, null=True, blank=True
    )

    class Meta:
        verbose_name = _("back-test")
        verbose_name_plural = _("back-tests")
        constraints = [
            models.CheckConstraint(
                name="insights_backtest_period",
                condition=Q(ends_at__gt=models.F("starts_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="insights_backtest_open",
                condition=Q(state__in=("waiting", "running")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0
