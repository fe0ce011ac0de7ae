"""How a member wants to be reached."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.message import Message
from notifications.models.notice import Notice


class Recipient(models.Model):
    """Language, e-mail address and quiet hours of a member. A missing row means the defaults."""

    member = models.OneToOneField(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    email_confirmed_at = models.DateTimeField(_("address confirmed at"), null=True, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("how a member is reached")
        verbose_name_plural = _("how members are reached")
        constraints = [
            models.CheckConstraint(
                name="notifications_quiet_has_two_ends",
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.member_id)


class Preference(models.Model):
    """A member's own answer for one kind over one channel; without a row the default holds."""

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Notice.Kind.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Message.Channel.choices)
    is_on = models.BooleanField(_("wanted"))

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "kind", "channel"], name="notifications_one_preference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}/{self.channel}"


class WechatGrant(models.Model):
    """How many subscription messages of a kind a member has allowed in the mini-program.

    WeChat lets a member allow one message at a time; each that is sent uses one up.
    """

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Notice.Kind.choices)
    left = models.PositiveSmallIntegerField(_("messages left"), default=0)

    class Meta:
        verbose_name = _("allowed subscription messages")
        verbose_name_plural = _("allowed subscription messages")
        constraints = [
            models.UniqueConstraint(fields=["member", "kind"], name="notifications_one_grant"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.left}"
