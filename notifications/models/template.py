"""What a merchant words, and what a merchant sets about messages."""

from datetime import time

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Message
from notifications.models.notice import Notice

INBOX = "inbox"


class MessageTemplate(models.Model):
    """The merchant's own wording of one kind for one channel in one language.

    Without a row the product's wording holds. Placeholders are named in braces: `{points}`.
    """

    class Channel(models.TextChoices):
        INBOX = INBOX, _("inbox")
        SMS = Message.Channel.SMS.value, _("SMS")
        EMAIL = Message.Channel.EMAIL.value, _("e-mail")
        WECHAT = Message.Channel.WECHAT.value, _("WeChat subscription message")

    kind = models.CharField(_("kind"), max_length=20, choices=Notice.Kind.choices)
    event = models.CharField(
        _("event"), max_length=30, blank=True, help_text=_("Empty: every event of the kind.")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("title"), max_length=120, blank=True)
    body = models.TextField(_("text"), max_length=2000, blank=True)
    provider_template = models.CharField(
        _("template at the provider"),
        max_length=200,
        blank=True,
        help_text=_(
            "SMS: the provider's code and the values that its text names, as "
            "SMS_123456789:points+day. WeChat: the template id and its fields, as "
            "ID:number1=points+date2=day."
        ),
    )
    is_active = models.BooleanField(_("sent over this channel"), default=True)
    updated_at = models.DateTimeField(_("changed at"))
    updated_by = models.CharField(_("changed by"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "event", "channel", "language"], name="notifications_one_template"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.get_channel_display()} · {self.language}"


class MessageSettings(models.Model):
    """One row. A missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    quiet_from = models.TimeField(_("quiet from"), default=time(22, 0))
    quiet_until = models.TimeField(
        _("quiet until"),
        default=time(8, 0),
        help_text=_("Between these no message leaves but codes; equal: no quiet hours."),
    )
    digest_minutes = models.PositiveSmallIntegerField(
        _("minutes in which messages are gathered into one"),
        default=30,
        validators=[MaxValueValidator(1440)],
        help_text=_("0: each is sent by itself."),
    )
    sms_per_member_and_day = models.PositiveSmallIntegerField(
        _("SMS to a member per day at most, codes aside"),
        default=3,
        validators=[MinValueValidator(1)],
    )
    site_address = models.URLField(
        _("address of the member pages"),
        blank=True,
        help_text=_("What links in SMS and e-mail begin with, such as https://vip.example.com"),
    )
    sender_name = models.CharField(_("name of the sender"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("message settings")
        verbose_name_plural = _("message settings")
        constraints = [
            models.CheckConstraint(name="notifications_settings_one_row", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
