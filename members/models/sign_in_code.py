"""One-time codes, and the counters that keep them rare.

Neither table holds a phone number: a keyed digest is enough to find the row again, and after a
member has been erased nothing here names a person.
"""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _


class SignInCodeQuerySet(models.QuerySet["SignInCode"]):
    def live(self, *, phone_key: str, at: datetime) -> "SignInCode | None":
        """The newest code of a number, where it can still be tried; older ones are void."""
        newest = self.filter(phone_key=phone_key).order_by("-pk").first()
        return newest if newest is not None and newest.is_live(at) else None

    def take_attempt(self, *, pk: int, at: datetime, limit: int) -> bool:
        """Count one guess; False when the code has no guess left, however many arrive at once.

        One conditional UPDATE: PostgreSQL looks at the condition again after it has waited
        for the row, and SQLite has one writer.
        """
        guessable = self.filter(pk=pk, used_at=None, expires_at__gt=at, attempts__lt=limit)
        return guessable.update(attempts=F("attempts") + 1) == 1

    def consume(self, *, pk: int, at: datetime) -> bool:
        """Use the code up; True for exactly one caller."""
        return self.filter(pk=pk, used_at=None).update(used_at=at) == 1


class SignInCode(models.Model):
    """Six digits sent to a phone, kept only as a keyed digest."""

    phone_key = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    objects = SignInCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")
        indexes = [
            models.Index(fields=["phone_key", "-id"], name="members_code_newest"),
            models.Index(fields=["expires_at"], name="members_code_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"

    def is_live(self, at: datetime) -> bool:
        return self.used_at is None and self.expires_at > at


class CodeAllowanceQuerySet(models.QuerySet["CodeAllowance"]):
    def take(
        self,
        *,
        scope: str,
        key: str,
        window: int,
        limit: int,
        at: datetime,
        rest: timedelta | None = None,
    ) -> bool:
        """Take one of `limit` in this window, at least `rest` after the one before.

        Exact in any burst: the row is made first, then changed by one conditional UPDATE whose
        count is the answer. It holds the row's lock until the caller's transaction ends.
        """
        self.bulk_create([CodeAllowance(scope=scope, key=key)], ignore_conflicts=True)
        rested = self.filter(scope=scope, key=key)
        if rest is not None:
            rested = rested.filter(models.Q(last_at=None) | models.Q(last_at__lte=at - rest))
        if rested.filter(window=window, used__lt=limit).update(used=F("used") + 1, last_at=at):
            return True
        if limit < 1:
            return False
        return rested.filter(window__lt=window).update(window=window, used=1, last_at=at) == 1

    def put_back(self, *, scope: str, key: str, window: int) -> None:
        """Give one back in its own window: what was taken turned out to be no guess."""
        taken = self.filter(scope=scope, key=key, window=window, used__gte=1)
        taken.update(used=F("used") - 1)


class CodeAllowance(models.Model):
    """How many codes were sent, or passwords tried, in the current window.

    Per number (its digest), per network and in all.
    """

    class Scope(models.TextChoices):
        PHONE = "phone", _("phone")
        NETWORK = "network", _("network")
        ALL = "all", _("everything")
        PASSWORD_PHONE = "pw_phone", _("passwords tried for a phone")
        PASSWORD_NETWORK = "pw_network", _("passwords tried from a network")
        PASSWORD_ALL = "pw_all", _("passwords tried by everybody")
        WECHAT_NETWORK = "wx_network", _("WeChat sign-ins from a network")
        EXPORT = "export", _("copies of their data that a member took")
        COUPON_MEMBER = "cp_member", _("coupon codes tried by a member")
        COUPON_NETWORK = "cp_network", _("coupon codes tried from a network")
        HAND_OVER = "hand_over", _("wrong codes typed at a counter")
        COUPON_STORE = "cp_store", _("wrong coupon codes looked up by a store")
        EMAIL_MEMBER = "em_member", _("codes that a member had sent by e-mail")
        EMAIL_ADDRESS = "em_address", _("codes sent to an e-mail address")
        EMAIL_NETWORK = "em_network", _("codes by e-mail asked for from a network")
        TEST_SEND = "test_send", _("messages sent on trial by a person of the staff")

    scope = models.CharField(max_length=10, choices=Scope.choices)
    key = models.CharField(max_length=64)
    window = models.BigIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)

    objects = CodeAllowanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("code allowance")
        verbose_name_plural = _("code allowances")
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="members_allowance_once")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.window}: {self.used}"
