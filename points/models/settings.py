"""What a merchant sets about the ledger; one row, changed in the back office."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from points.policies import DebtPolicy


class LedgerSettings(models.Model):
    """One row. A missing row means the defaults."""

    class Debt(models.TextChoices):
        OWE = DebtPolicy.OWE.value, _("the member owes the rest; later points pay it first")
        FORGIVE = DebtPolicy.FORGIVE.value, _("stop at zero and only record the rest")
        TILL = DebtPolicy.TILL.value, _("ask the till to deduct the rest from the refund")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    debt_policy = models.CharField(
        _("when a return takes back more than is left"),
        max_length=8,
        choices=Debt.choices,
        default=Debt.OWE,
    )
    points_per_yuan = models.PositiveIntegerField(
        _("points worth one yuan"), default=100, validators=[MinValueValidator(1)]
    )
    restore_grace_days = models.PositiveSmallIntegerField(
        _("days of grace for points given back after their day"),
        default=0,
        validators=[MaxValueValidator(366)],
        help_text=_("0: points whose day has passed do not come back."),
    )
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes until a hold times out"), default=30, validators=[MinValueValidator(1)]
    )
    adjustment_validity_months = models.PositiveSmallIntegerField(
        _("validity of points added by hand, in months"), default=12
    )
    adjustment_threshold = models.PositiveBigIntegerField(
        _("points per adjustment and person above which a second person must approve"),
        default=1000,
    )
    adjustment_daily_cap = models.PositiveBigIntegerField(
        _("points per person and day above which a second person must approve"),
        default=3000,
        help_text=_("Counts additions and deductions alike, so that splitting does not help."),
    )

    class Meta:
        verbose_name = _("ledger settings")
        verbose_name_plural = _("ledger settings")
        constraints = [
            models.CheckConstraint(name="points_settings_one_row", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def grace_until(self, at: datetime) -> datetime | None:
        """Until when points that are given back at `at` count, if their day has passed (F48)."""
        return at + timedelta(days=self.restore_grace_days) if self.restore_grace_days else None
