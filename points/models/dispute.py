"""A correction that answers a dispute: the thread and the ledger know each other."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DisputeCorrection(models.Model):
    """An adjustment that was asked for from a ticket, and the answer that goes out with it.

    The answer is written at once and sent when the adjustment is posted, which above the
    threshold takes a second person (I17).
    """

    ticket = models.ForeignKey(
        "members.Ticket",
        verbose_name=_("ticket"),
        on_delete=models.PROTECT,
        related_name="corrections",
    )
    adjustment = models.OneToOneField(
        "points.Adjustment",
        verbose_name=_("adjustment"),
        on_delete=models.PROTECT,
        related_name="dispute",
    )
    message = models.OneToOneField(
        "members.TicketMessage",
        verbose_name=_("answer"),
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = _("correction of a disputed entry")
        verbose_name_plural = _("corrections of disputed entries")

    def __str__(self) -> str:
        return f"{self.pk}"
