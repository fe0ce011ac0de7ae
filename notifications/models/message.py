"""The outbox: a message is a row first, and is sent by a sweep."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> "MessageQuerySet":
        """Waiting messages whose moment has come, and taken ones whose worker fell silent."""
        return self.filter(state__in=Message.UNDELIVERED, due_at__lte=now)


class Message(models.Model):
    """One message to one address over one channel, with the result of its delivery."""

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        LAPSED = "lapsed", _("lapsed")

    UNDELIVERED = (State.WAITING, State.SENDING)

    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    to = models.CharField(_("recipient"), max_length=100)
    template = models.CharField(_("template"), max_length=40)
    language = models.CharField(_("language"), max_length=10)
    context = models.JSONField(_("values"), default=dict, blank=True)
    body = models.TextField(_("text"), blank=True)
    is_secret = models.BooleanField(
        _("secret"),
        default=False,
        help_text=_("Text and recipient are wiped as soon as the message has left or lapsed."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    due_at = models.DateTimeField(_("due at"))
    lapses_at = models.DateTimeField(_("lapses at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    result = models.CharField(_("result"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="notifications_message_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"

    @property
    def masked_to(self) -> str:
        """The recipient's last two characters: enough to find a message again with the person."""
        return f"…{self.to[-2:]}"
