"""Points that members give each other (F71–F73)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class GiftSettings(models.Model):
    """One row. A missing row means the defaults: giving is off."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_on = models.BooleanField(
        _("members may give points to relatives and friends"), default=False
    )
    cooling_off_days = models.PositiveSmallIntegerField(
        _("days that two people are bound before the first gift"),
        default=7,
        validators=[MaxValueValidator(366)],
    )
    points_min = models.PositiveBigIntegerField(
        _("points per gift, at least"), default=10, validators=[MinValueValidator(1)]
    )
    points_max = models.PositiveBigIntegerField(
        _("points per gift, at most"), default=1000, validators=[MinValueValidator(1)]
    )
    gifts_per_month = models.PositiveSmallIntegerField(
        _("gifts per giver and calendar month"), default=3, validators=[MinValueValidator(1)]
    )
    points_per_month = models.PositiveBigIntegerField(
        _("points given away per member and calendar month"),
        default=2000,
        validators=[MinValueValidator(1)],
    )
    received_per_month = models.PositiveBigIntegerField(
        _("points received per member and calendar month"),
        default=5000,
        validators=[MinValueValidator(1)],
        help_text=_("Against gathering the points of many accounts in one."),
    )

    class Meta:
        verbose_name = _("settings of gifts")
        verbose_name_plural = _("settings of gifts")
        constraints = [
            models.CheckConstraint(name="points_gift_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="points_gift_settings_range", condition=Q(points_min__lte=F("points_max"))
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Gift(models.Model):
    """One gift. Its entries in both accounts carry `gift:<giver>:<key>` as their reference."""

    giver = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("giver"),
        db_index=False,
    )
    receiver = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("receiver"),
        db_index=False,
    )
    points = models.BigIntegerField(_("points"))
    words = models.CharField(_("words"), max_length=60, blank=True)
    key = models.CharField(_("key"), max_length=64)
    given_at = models.DateTimeField(_("given at"))
    out_entry = models.ForeignKey(
        "points.Entry", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    in_entry = models.ForeignKey(
        "points.Entry", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("gift of points")
        verbose_name_plural = _("gifts of points")
        constraints = [
            models.UniqueConstraint(fields=["giver", "key"], name="points_gift_once"),
            models.CheckConstraint(name="points_gift_positive", condition=Q(points__gt=0)),
        ]
        indexes = [
            models.Index(fields=["giver", "-given_at"], name="points_gift_given"),
            models.Index(fields=["receiver", "-given_at"], name="points_gift_received"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver}: {self.points}"
