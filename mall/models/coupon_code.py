"""Single-use codes: made in batches, told once in a file, kept only as a keyed digest."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mall.models.coupon import Coupon
from mall.models.coupon_template import CouponTemplate


class CouponBatch(models.Model):
    """Codes that were made together, each good for one coupon of the template, once."""

    template = models.ForeignKey(
        CouponTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="batches"
    )
    size = models.PositiveIntegerField(_("codes"))
    note = models.CharField(_("what for"), max_length=100, blank=True)
    is_stopped = models.BooleanField(_("stopped"), default=False)
    actor = models.CharField(_("by"), max_length=64)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("batch of coupon codes")
        verbose_name_plural = _("batches of coupon codes")
        permissions = [("export_couponbatch", _("Can make single-use coupon codes"))]

    def __str__(self) -> str:
        return f"{self.template} #{self.pk}"


class CouponCode(models.Model):
    """A single-use code. `coupon` is what it was good for, once somebody has claimed it."""

    batch = models.ForeignKey(
        CouponBatch, verbose_name=_("batch"), on_delete=models.PROTECT, related_name="codes"
    )
    code_hash = models.CharField(max_length=64, unique=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    coupon = models.OneToOneField(
        Coupon,
        verbose_name=_("coupon"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("single-use coupon code")
        verbose_name_plural = _("single-use coupon codes")
        constraints = [
            models.CheckConstraint(
                name="mall_coupon_code_claimed",
                condition=Q(coupon__isnull=True) | Q(claimed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class CouponGrant(models.Model):
    """Coupons that staff give to a segment: one each, in bounded steps, and how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")

    template = models.ForeignKey(
        CouponTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="grants"
    )
    segment = models.CharField(_("segment"), max_length=32)
    reason = models.CharField(_("reason"), max_length=200)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    # The last member that was dealt with; members come in the order of their keys.
    done_upto = models.BigIntegerField(default=0)
    given = models.PositiveIntegerField(_("given"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    # Why it ended before everybody had one: a refusal's code.
    ended_by = models.CharField(_("ended by"), max_length=40, blank=True)
    actor = models.CharField(_("by"), max_length=64)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("coupons for a segment")
        verbose_name_plural = _("coupons for segments")

    def __str__(self) -> str:
        return f"{self.template} → {self.segment}"
