"""Coupons that members have, where they were used, and what happened to each."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.policies import coupon_codes
from mall.policies.coupon_codes import Status


class CouponQuerySet(models.QuerySet["Coupon"]):
    def free(self, at: datetime) -> "CouponQuerySet":
        """Usable now, or later: open, or locked by a purchase whose time is over."""
        is_free = Q(state=Coupon.State.OPEN) | Q(state=Coupon.State.LOCKED, locked_until__lte=at)
        return self.filter(is_free, expires_at__gt=at)

    def used_up(self) -> "CouponQuerySet":
        return self.filter(state=Coupon.State.USED)

    def lapsed(self, at: datetime) -> "CouponQuerySet":
        """Past their time without having been used."""
        is_free = Q(state=Coupon.State.OPEN) | Q(state=Coupon.State.LOCKED, locked_until__lte=at)
        return self.filter(is_free, expires_at__lte=at)

    def held(self, at: datetime) -> "CouponQuerySet":
        """Locked by a purchase that is under way."""
        return self.filter(state=Coupon.State.LOCKED, locked_until__gt=at)


class Coupon(models.Model):
    """A coupon of one member. `reference` makes an issue happen once per template (I5).

    OPEN → LOCKED by a purchase until `locked_until` → USED; a return may open it again. One whose
    `expires_at` has passed counts no more, whatever its state says; so does a lock.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("coupon", "open")
        LOCKED = "locked", pgettext_lazy("coupon", "locked")
        USED = "used", pgettext_lazy("coupon", "used")
        VOID = "void", pgettext_lazy("coupon", "void")

    class Source(models.TextChoices):
        REDEMPTION = "redemption", pgettext_lazy("coupon source", "redemption")
        CAMPAIGN = "campaign", pgettext_lazy("coupon source", "campaign")
        TIER = "tier", pgettext_lazy("coupon source", "level")
        STAFF = "staff", pgettext_lazy("coupon source", "staff")
        CODE = "code", pgettext_lazy("coupon source", "code")

    template = models.ForeignKey(
        "mall.CouponTemplate",
        verbose_name=_("template"),
        on_delete=models.PROTECT,
        related_name="coupons",
        db_index=False,
    )
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    code = models.CharField(_("coupon code"), max_length=coupon_codes.LENGTH, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    source = models.CharField(
        pgettext_lazy("coupon", "from"), max_length=12, choices=Source.choices
    )
    reference = models.CharField(_("reference"), max_length=100)
    ordinal = models.PositiveSmallIntegerField(default=1)
    issued_at = models.DateTimeField(_("issued at"))
    issued_store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("issued by store"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    starts_at = models.DateTimeField(_("valid from"))
    expires_at = models.DateTimeField(_("valid until"))

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "reference", "ordinal"], name="mall_coupon_issued_once"
            ),
            models.CheckConstraint(
                name="mall_coupon_period", condition=Q(starts_at__lt=F("expires_at"))
            ),
            models.CheckConstraint(
                name="mall_coupon_locked",
                condition=Q(state="locked", locked_until__isnull=False)
                | (~Q(state="locked") & Q(locked_until__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "state", "expires_at"], name="mall_coupon_wallet"),
            models.Index(fields=["template", "member"], name="mall_coupon_limits"),
            models.Index(
                fields=["locked_until"],
                name="mall_coupon_stale",
                condition=Q(state="locked"),
            ),
            models.Index(fields=["reference"], name="mall_coupon_reference"),
        ]

    def __str__(self) -> str:
        return coupon_codes.masked(self.code)

    @property
    def grouped_code(self) -> str:
        """The code as people read and type it."""
        return coupon_codes.grouped(self.code)

    def status(self, at: datetime) -> Status:
        """What the coupon is at this moment, time and all."""
        if self.state == self.State.VOID:
            return Status.VOID
        if self.state == self.State.USED:
            return Status.USED
        if self.state == self.State.LOCKED and self.locked_until and self.locked_until > at:
            return Status.LOCKED
        if self.expires_at <= at:
            return Status.EXPIRED
        return Status.OPEN if self.starts_at <= at else Status.WAITING


class CouponUse(models.Model):
    """A coupon at a purchase: locked, used, let go, or undone by a return of it all.

    `order` is the store's own number of the purchase. The partial unique constraint is the truth
    of I9: however requests race, one coupon stands at one purchase.
    """

    class State(models.TextChoices):
        LOCKED = "locked", pgettext_lazy("coupon", "locked")
        USED = "used", pgettext_lazy("coupon", "used")
        RELEASED = "released", pgettext_lazy("coupon", "released")
        GIVEN_BACK = "given_back", pgettext_lazy("coupon", "given back")
        LOST = "lost", pgettext_lazy("coupon", "lost with a return")

    coupon = models.ForeignKey(
        Coupon, verbose_name=_("coupon"), on_delete=models.PROTECT, related_name="uses"
    )
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    order = models.CharField(_("order number"), max_length=64)
    # Of what was asked for: the same order with other content is refused (I6).
    content = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    yuan = models.DecimalField(_("yuan saved"), max_digits=12, decimal_places=2)
    # Line number → yuan, as text: what a return of a part is worth.
    by_line = models.JSONField(_("by line"), default=dict)
    locked_at = models.DateTimeField(_("locked at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("use of a coupon")
        verbose_name_plural = _("uses of coupons")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "order", "coupon"],
                condition=~Q(state="released"),
                name="mall_coupon_use_once_per_order",
            ),
            models.UniqueConstraint(
                fields=["coupon"],
                condition=Q(state__in=["locked", "used", "lost"]),
                name="mall_coupon_used_once",
            ),
            models.CheckConstraint(name="mall_coupon_use_money", condition=Q(yuan__gte=0)),
        ]

    def __str__(self) -> str:
        return self.order


class CouponStep(models.Model):
    """One thing that happened to a coupon, with who and when. Only ever added to."""

    class Kind(models.TextChoices):
        ISSUED = "issued", pgettext_lazy("coupon", "issued")
        LOCKED = "locked", pgettext_lazy("coupon", "locked")
        RELEASED = "released", pgettext_lazy("coupon", "released")
        USED = "used", pgettext_lazy("coupon", "used")
        GIVEN_BACK = "given_back", pgettext_lazy("coupon", "given back")
        LOST = "lost", pgettext_lazy("coupon", "lost with a return")
        VOIDED = "voided", pgettext_lazy("coupon", "made void")
        MOVED = "moved", pgettext_lazy("coupon", "moved to the merged member")

    coupon = models.ForeignKey(
        Coupon, verbose_name=_("coupon"), on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("by"), max_length=64)
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    order = models.CharField(_("order number"), max_length=64, blank=True)
    yuan = models.DecimalField(
        _("yuan saved"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    note = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("step of a coupon")
        verbose_name_plural = _("steps of coupons")

    def __str__(self) -> str:
        return self.kind
