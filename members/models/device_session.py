"""A device on which a member is signed in."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceSessionQuerySet(models.QuerySet["DeviceSession"]):
    def alive(self, at: datetime) -> "DeviceSessionQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=at)


class DeviceSession(models.Model):
    """Digests of a device's opaque tokens; the tokens themselves exist only on the device.

    A browser has one token, which lives as long as the sign-in. A program has a pair: an access
    token for half an hour, and a refresh token that is exchanged for the next pair.
    """

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
    # The browser's cookie, or the program's access token.
    token_hash = models.CharField(max_length=64, unique=True)
    access_expires_at = models.DateTimeField(_("access expires at"), null=True, blank=True)
    # The part of a refresh token that stays the same all along, the part that counts now, and
    # the one that was exchanged last, with the salt that its successors were made with.
    family_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    refresh_hash = models.CharField(max_length=64, blank=True, default="")
    spent_refresh_hash = models.CharField(max_length=64, blank=True, default="")
    refresh_salt = models.CharField(max_length=64, blank=True, default="")
    refreshed_at = models.DateTimeField(_("refreshed at"), null=True, blank=True)
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
