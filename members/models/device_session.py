"""A device on which a member is signed in."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceSessionQuerySet(models.QuerySet["DeviceSession"]):
    def alive(self, at: datetime) -> "DeviceSessionQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=at)


class DeviceSession(models.Model):
    """An opaque token's digest; the token itself exists only on the device."""

    class Kind(models.TextChoices):
        WEB = "web", _("browser")
        API = "api", _("mini-program or API")

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="device_sessions",
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    user_agent = models.CharField(_("device"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("signed in at"))
    last_seen_at = models.DateTimeField(_("last seen at"))
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("signed out at"), null=True, blank=True)

    objects = DeviceSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed-in device")
        verbose_name_plural = _("signed-in devices")
        indexes = [models.Index(fields=["member", "-last_seen_at"], name="members_session_recent")]

    def __str__(self) -> str:
        return self.user_agent or self.get_kind_display()
