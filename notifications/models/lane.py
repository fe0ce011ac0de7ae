"""The way out over one channel: who sweeps it, and whether it has to rest."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Message


class LaneQuerySet(models.QuerySet["Lane"]):
    def take(self, *, channel: str, at: datetime, until: datetime) -> bool:
        """Whether this caller may sweep the channel; one conditional UPDATE, so only one may."""
        self.bulk_create([Lane(channel=channel)], ignore_conflicts=True)
        is_free = Q(swept_until=None) | Q(swept_until__lte=at)
        is_awake = Q(rests_until=None) | Q(rests_until__lte=at)
        return self.filter(is_free, is_awake, channel=channel).update(swept_until=until) == 1

    def give_up(self, *, channel: str) -> None:
        self.filter(channel=channel).update(swept_until=None)


class Lane(models.Model):
    """One row per channel. A provider that does not answer makes its lane rest, and no other.

    One sweep at a time works off what is not urgent, so that a long queue cannot hold every worker;
    the lease lapses by itself when the sweep dies.
    """

    channel = models.CharField(
        _("channel"), max_length=10, choices=Message.Channel.choices, primary_key=True
    )
    swept_until = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(_("rests until"), null=True, blank=True)
    outages = models.PositiveSmallIntegerField(_("sweeps in a row without an answer"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = LaneQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel under way")
        verbose_name_plural = _("channels under way")

    def __str__(self) -> str:
        return self.channel
