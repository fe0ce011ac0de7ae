"""How much of a limit is used up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LimitCounter(models.Model):
    """Times and points that a rule, or the program (rule ""), gave in one period.

    Of one member, or without a member of all together. A member's counters are guarded by the
    member's account, which is always locked first; those of all are locked after it, in the
    order of their ids.
    """

    rule_key = models.CharField(_("rule"), max_length=40, blank=True)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    period = models.CharField(_("period"), max_length=8)
    starts_on = models.DateField(_("period from"))
    times = models.BigIntegerField(_("times"), default=0)
    points = models.BigIntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("used limit")
        verbose_name_plural = _("used limits")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "rule_key", "period", "starts_on"],
                condition=Q(member__isnull=False),
                name="campaigns_counter_of_member",
            ),
            models.UniqueConstraint(
                fields=["rule_key", "period", "starts_on"],
                condition=Q(member__isnull=True),
                name="campaigns_counter_of_all",
            ),
            models.CheckConstraint(
                name="campaigns_counter_not_negative", condition=Q(times__gte=0, points__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key} {self.period} {self.starts_on}"
