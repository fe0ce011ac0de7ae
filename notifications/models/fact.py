"""What members are still to be told."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# What could not be told is tried again after this long, and holds up nothing meanwhile.
_REST = timedelta(hours=1)


class NotedFactQuerySet(models.QuerySet["NotedFact"]):
    def due(self, at: datetime) -> "NotedFactQuerySet":
        return self.filter(Q(failed_at=None) | Q(failed_at__lte=at - _REST)).order_by("pk")


class NotedFact(models.Model):
    """A fact written down with what it is about, in the same transaction, and told by a sweep.

    One plain row: a purchase or a redemption waits for nothing else. The row goes when the notice
    is there.
    """

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20)
    event = models.CharField(_("event"), max_length=30, blank=True)
    reference = models.CharField(_("reference"), max_length=100)
    context = models.JSONField(_("values"), default=dict, blank=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    points = models.BigIntegerField(_("points"), null=True, blank=True)
    at = models.DateTimeField(_("at"))
    failed_at = models.DateTimeField(_("could not be told at"), null=True, blank=True)

    objects = NotedFactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact to be told")
        verbose_name_plural = _("facts to be told")

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
