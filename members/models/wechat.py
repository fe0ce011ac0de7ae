"""What WeChat calls a member, and the token with which we may call WeChat."""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class WechatIdentity(models.Model):
    """A WeChat user of one mini-program. The session key that WeChat gives is not kept."""

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="wechat_identities",
        db_index=False,
    )
    app_id = models.CharField(_("mini-program"), max_length=64)
    openid = models.CharField(max_length=128)
    # The same person in every mini-program of one owner; WeChat does not always tell it.
    unionid = models.CharField(max_length=128, blank=True, db_index=True)
    bound_at = models.DateTimeField(_("bound at"))

    class Meta:
        verbose_name = _("WeChat identity")
        verbose_name_plural = _("WeChat identities")
        constraints = [
            models.UniqueConstraint(fields=["app_id", "openid"], name="members_wechat_openid_once"),
            models.UniqueConstraint(fields=["member", "app_id"], name="members_wechat_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.app_id} {self.pk}"


class WechatTokenQuerySet(models.QuerySet["WechatToken"]):
    def take_lease(self, *, app_id: str, at: datetime, until: datetime) -> bool:
        """Whether this caller may renew the token; one conditional UPDATE, so only one may."""
        self.bulk_create([WechatToken(app_id=app_id)], ignore_conflicts=True)
        is_free = models.Q(renewing_until=None) | models.Q(renewing_until__lte=at)
        return self.filter(is_free, app_id=app_id).update(renewing_until=until) == 1

    def store(self, *, app_id: str, value: str, at: datetime, lifetime: timedelta) -> None:
        self.filter(app_id=app_id).update(
            value=value, renewed_at=at, expires_at=at + lifetime, renewing_until=None
        )

    def give_up_lease(self, *, app_id: str) -> None:
        self.filter(app_id=app_id).update(renewing_until=None)


class WechatToken(models.Model):
    """The access token of a mini-program, one for all processes: WeChat allows no two.

    Renewing it is calling WeChat, which must not happen inside a transaction. The lock is
    therefore a lease in the row: it lapses by itself when its holder dies.
    """

    app_id = models.CharField(max_length=64, unique=True)
    value = models.CharField(max_length=512, blank=True)
    renewed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    renewing_until = models.DateTimeField(null=True)

    objects = WechatTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("WeChat access token")
        verbose_name_plural = _("WeChat access tokens")

    def __str__(self) -> str:
        return self.app_id
