"""What a merchant sets about the mall as a whole; one row, changed in the back office."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MallSettings(models.Model):
    """One row. A missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_open = models.BooleanField(
        _("the mall is open"),
        default=True,
        help_text=_("While it is closed, members look but cannot redeem. Orders go on."),
    )
    unpaid_minutes = models.PositiveSmallIntegerField(
        _("minutes until an unpaid order is cancelled"),
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
    )
    confirm_within_hours = models.PositiveSmallIntegerField(
        _("hours within which an order should be confirmed"),
        default=24,
        validators=[MinValueValidator(1)],
        help_text=_("Orders that wait longer are shown first, as stuck."),
    )
    ship_within_hours = models.PositiveSmallIntegerField(
        _("hours within which a confirmed order should be shipped"),
        default=72,
        validators=[MinValueValidator(1)],
        help_text=_("The date that members are told comes from it."),
    )
    complete_after_days = models.PositiveSmallIntegerField(
        _("days after shipping when an order counts as received"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    target_margin = models.DecimalField(
        _("share of a reward's value that it may cost, in per cent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(1000))],
        help_text=_(
            "Cost of a reward ÷ worth of the points asked for it. Above it the reward gives away "
            "more than it should, and staff are warned."
        ),
    )

    class Meta:
        verbose_name = _("mall settings")
        verbose_name_plural = _("mall settings")
        constraints = [models.CheckConstraint(name="mall_settings_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
