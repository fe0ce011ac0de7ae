"""The outbox: a message is a row first, and is sent by a sweep."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, now: datetime) -> "MessageQuerySet":
        """Waiting messages whose moment has come, and taken ones whose worker fell silent."""
        return self.filter(state__in=Message.UNDELIVERED, due_at__lte=now)


class Message(models.Model):
    """One message to one address over one channel, with the result of its delivery.

    A message about a notice carries it; a sign-in code stands alone.
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("e-mail")
        WECHAT = "wechat", _("WeChat subscription message")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        LAPSED = "lapsed", _("lapsed")
        BUNDLED = "bundled", _("told in a digest")
        UNCERTAIN = "uncertain", _("uncertain whether it left")

    class Receipt(models.TextChoices):
        NONE = "", _("no receipt")
        DELIVERED = "delivered", _("arrived")
        REFUSED = "refused", _("did not arrive")

    UNDELIVERED = (State.WAITING, State.SENDING)

    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    notice = models.ForeignKey(
        "notifications.Notice",
        verbose_name=_("notice"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
    )
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    to = models.CharField(_("recipient"), max_length=254)
    template = models.CharField(_("template"), max_length=40)
    language = models.CharField(_("language"), max_length=10)
    context = models.JSONField(_("values"), default=dict, blank=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    body = models.TextField(_("text"), blank=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    is_secret = models.BooleanField(
        _("secret"),
        default=False,
        help_text=_("Text and recipient are wiped as soon as the message has left or lapsed."),
    )
    is_urgent = models.BooleanField(
        _("urgent"),
        default=False,
        help_text=_("Taken before all others, and at any hour: somebody waits for it."),
    )
    is_marketing = models.BooleanField(_("marketing"), default=False)
    may_bundle = models.BooleanField(_("may be told in a digest"), default=False)
    bundled_into = models.ForeignKey(
        "self",
        verbose_name=_("told in"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bundled",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    due_at = models.DateTimeField(_("due at"))
    lapses_at = models.DateTimeField(_("lapses at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    handed_at = models.DateTimeField(
        _("handed to the gateway at"),
        null=True,
        blank=True,
        help_text=_("Set right before the gateway is asked: after a crash it says who may know."),
    )
    result = models.CharField(_("result"), max_length=200, blank=True)
    error_code = models.CharField(_("error code"), max_length=60, blank=True)
    provider_id = models.CharField(_("number at the provider"), max_length=100, blank=True)
    receipt = models.CharField(
        _("delivery receipt"), max_length=10, choices=Receipt.choices, blank=True, default=""
    )
    receipt_code = models.CharField(_("code of the receipt"), max_length=60, blank=True)
    receipt_at = models.DateTimeField(_("receipt at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    # Set by the sweep for its gateway; no columns.
    provider_template: str = ""
    sender_name: str = ""
    site_address: str = ""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="notifications_message_next",
            ),
            models.Index(
                fields=["channel", "due_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"], is_urgent=True),
                name="notifications_message_urgent",
            ),
            # What the dashboard and the health check count, among millions that went well.
            models.Index(
                fields=["finished_at", "channel"],
                condition=models.Q(state__in=["failed", "uncertain"]),
                name="notifications_message_trouble",
            ),
            models.Index(
                fields=["channel", "provider_id"],
                condition=~models.Q(provider_id=""),
                name="notifications_message_known_as",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"

    @property
    def masked_to(self) -> str:
        """The recipient's last two characters: enough to find a message again with the person."""
        return f"…{self.to[-2:]}"
