"""Acts of members that are not purchases: a registration, a review, a check-in …"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.earning_rule import EarningRule


class Event(models.Model):
    """One act, under the number of whoever reported it: told again, it is not counted again."""

    class State(models.TextChoices):
        DUE = "due", _("to be judged")
        POSTED = "posted", _("posted")
        REVERSED = "reversed", _("reversed")

    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("number of the event"), max_length=64)
    trigger = models.CharField(
        _("what happened"), max_length=16, choices=EarningRule.Trigger.choices
    )
    code = models.CharField(_("code of the event"), max_length=64, blank=True)
    member = models.ForeignKey(
        "members.Member", verbose_name=_("member"), on_delete=models.PROTECT, related_name="+"
    )
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    occurred_at = models.DateTimeField(_("happened at"))
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3, default=1)
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=4, default=0)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.POSTED)
    points = models.BigIntegerField(_("points"), default=0)
    rule_version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("version of the program"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    explanation = models.JSONField(_("explanation"), default=dict)
    fingerprint = models.CharField(max_length=64, editable=False)
    actor = models.CharField(_("actor"), max_length=64)
    received_at = models.DateTimeField(_("received at"))
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)
    reversed_reason = models.CharField(_("why reversed"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="campaigns_event_once"),
            models.CheckConstraint(
                name="campaigns_event_figures",
                condition=Q(points__gte=0, quantity__gt=0, amount__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-occurred_at"], name="campaigns_event_of_member"),
            models.Index(fields=["-occurred_at"], name="campaigns_event_by_time"),
            models.Index(fields=["id"], name="campaigns_event_due", condition=Q(state="due")),
        ]

    def __str__(self) -> str:
        return f"{self.get_trigger_display()} {self.external_id}"
