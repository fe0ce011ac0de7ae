"""Growth of members by day, and what staff corrected of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GrowthDay(models.Model):
    """What a member's growth gained on one day, by where it came from.

    Written in the transaction of the purchase or act. A return lowers the day of its purchase;
    spending points lowers nothing. Only sums count: a single day may be below zero.
    """

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the unique constraint below begins with it
    )
    day = models.DateField(_("day"))
    # Ten-thousandths of a yuan, paid in money: whole numbers add up exactly on either database.
    spent = models.BigIntegerField(_("spent"), default=0)
    bought = models.BigIntegerField(_("points of purchases"), default=0)
    acted = models.BigIntegerField(_("points of acts"), default=0)
    adjusted = models.BigIntegerField(_("corrected"), default=0)

    class Meta:
        verbose_name = _("growth of a day")
        verbose_name_plural = _("growth by day")
        constraints = [
            models.UniqueConstraint(fields=["member", "day"], name="tiers_growthday_one"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day}"


class GrowthCorrection(models.Model):
    """Growth that staff added or took, with the reason. Never changed; the opposite undoes it."""

    member = models.ForeignKey(
        "members.Member", verbose_name=_("member"), on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField(_("day that it counts on"))
    amount = models.BigIntegerField(_("growth"))
    reason = models.CharField(_("reason"), max_length=200)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    reference = models.CharField(_("reference"), max_length=100, unique=True)
    actor = models.CharField(_("actor"), max_length=64)
    created_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("correction of growth")
        verbose_name_plural = _("corrections of growth")
        constraints = [
            models.CheckConstraint(name="tiers_correction_not_zero", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+d}"
