"""A rule that could not be evaluated, and whom it owes points."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RuleFault(models.Model):
    """A purchase or act landed although a rule of its version is broken.

    It stays open until the purchase has been judged again without the fault; what was missing
    is granted then.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        REPAIRED = "repaired", _("repaired")

    version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    rule_key = models.CharField(_("rule"), max_length=40)
    error = models.CharField(_("error"), max_length=300)
    # The ledger's reference of what was judged: a receipt or an event.
    reference = models.CharField(_("reference"), max_length=100)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    points = models.BigIntegerField(_("points granted at the repair"), default=0)
    noticed_at = models.DateTimeField(_("noticed at"))
    repaired_at = models.DateTimeField(_("repaired at"), null=True, blank=True)

    class Meta:
        verbose_name = _("fault of a rule")
        verbose_name_plural = _("faults of rules")
        constraints = [
            models.UniqueConstraint(fields=["reference", "rule_key"], name="campaigns_fault_once"),
            models.CheckConstraint(
                name="campaigns_fault_repaired_at",
                condition=Q(state="open", repaired_at__isnull=True)
                | Q(state="repaired", repaired_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="campaigns_fault_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.rule_key}: {self.reference}"
