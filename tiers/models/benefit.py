"""What a level gives."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LevelBenefit(models.Model):
    """A benefit of a level. What kinds there are, and what `params` mean, the registry knows."""

    level = models.ForeignKey(
        "tiers.Level", verbose_name=_("level"), on_delete=models.CASCADE, related_name="benefits"
    )
    kind = models.CharField(_("benefit"), max_length=24)
    params = models.JSONField(_("values"), default=dict, blank=True)

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        constraints = [
            models.UniqueConstraint(fields=["level", "kind"], name="tiers_benefit_once"),
        ]

    def __str__(self) -> str:
        return self.kind


class UpgradeGift(models.Model):
    """Points given for reaching a level. The row is what makes a gift happen only once.

    `period` is the year for a gift that comes every year, 0 for one that comes once for ever;
    `nth` counts gifts that were taken back with their level.
    """

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    level = models.ForeignKey(
        "tiers.Level", verbose_name=_("level"), on_delete=models.PROTECT, related_name="+"
    )
    period = models.PositiveSmallIntegerField(_("period"), default=0)
    nth = models.PositiveSmallIntegerField(default=1)
    points = models.PositiveBigIntegerField(_("points"))
    reference = models.CharField(_("reference"), max_length=100)
    cause = models.CharField(_("reached by"), max_length=100, blank=True)
    given_at = models.DateTimeField(_("given at"))
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("upgrade gift")
        verbose_name_plural = _("upgrade gifts")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "level", "period", "nth"], name="tiers_gift_once"
            ),
            models.UniqueConstraint(
                fields=["member", "level", "period"],
                condition=Q(taken_back_at__isnull=True),
                name="tiers_gift_one_that_stands",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
