"""Points and coupons as money at a checkout: what the merchant allows, and each checkout."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sales.policies.deductions import Terms


class CheckoutSettings(models.Model):
    """One row. A missing row means the defaults: points are no money.

    What a point is worth and how long points are held are in the ledger's settings.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_on = models.BooleanField(_("points can be used as money at a checkout"), default=False)
    points_min = models.PositiveBigIntegerField(
        _("fewest points that can be used at once"), default=0
    )
    points_step = models.PositiveIntegerField(
        _("points are used in multiples of"), default=1, validators=[MinValueValidator(1)]
    )
    order_min = models.DecimalField(
        _("smallest order, in yuan"),
        max_digits=11,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("An order below this amount, coupons taken off, is not paid by points."),
    )
    order_cap = models.DecimalField(
        _("at most so many yuan per order"),
        max_digits=11,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Empty: no such limit."),
    )
    order_share = models.PositiveSmallIntegerField(
        _("at most this percentage of the order"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Of the goods after coupons; of delivery too where points may pay it. Empty: no such "
            "limit."
        ),
    )
    balance_share = models.PositiveSmallIntegerField(
        _("at most this percentage of the member's points"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("In one order. Where both limits are set, the smaller one holds."),
    )
    pays_freight = models.BooleanField(_("points may pay for delivery"), default=False)
    excluded = models.JSONField(_("excluded goods"), default=dict, blank=True)

    class Meta:
        verbose_name = _("points at the checkout")
        verbose_name_plural = _("points at the checkout")
        constraints = [
            models.CheckConstraint(name="sales_checkout_settings_one_row", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    def terms(self, *, points_per_yuan: int) -> Terms:
        """The settings as the arithmetic takes them."""
        return Terms(
            is_on=self.is_on,
            points_per_yuan=points_per_yuan,
            order_cap=self.order_cap,
            order_share=self.order_share,
            balance_share=self.balance_share,
            points_min=self.points_min,
            points_step=self.points_step,
            order_min=Decimal(self.order_min),
            pays_freight=self.pays_freight,
            excluded_categories=frozenset(self.excluded.get("category", ())),
            excluded_labels=frozenset(self.excluded.get("label", ())),
            excluded_skus=frozenset(self.excluded.get("sku", ())),
        )


class Checkout(models.Model):
    """Points and coupons set aside for one order of a store, under the store's own number.

    Content never changes once it is there; `state` goes from held to one of the others. A
    checkout past `expires_at` counts as timed out at that instant, whether or not the job has
    written so. `receipt` is the sale that it has paid for.
    """

    class State(models.TextChoices):
        HELD = "held", _("held")
        CAPTURED = "captured", _("used")
        RELEASED = "released", _("released")
        TIMED_OUT = "timed_out", _("timed out")

    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    number = models.CharField(_("order number"), max_length=64)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    fingerprint = models.CharField(_("fingerprint"), max_length=32, editable=False)
    # What the receipt must agree with: its goods, quantities and amounts.
    basket = models.CharField(_("mark of the basket"), max_length=32, editable=False)
    lines = models.JSONField(_("lines"), default=list)
    total = models.DecimalField(_("total"), max_digits=15, decimal_places=4)
    paid_by_coupon = models.DecimalField(
        _("paid by coupon"), max_digits=15, decimal_places=2, default=0
    )
    paid_by_points = models.DecimalField(
        _("paid by points"), max_digits=15, decimal_places=2, default=0
    )
    points = models.BigIntegerField(_("points"), default=0)
    points_per_yuan = models.PositiveIntegerField(_("points worth one yuan"))
    coupons = models.JSONField(_("coupons"), default=list)
    # How each line is paid, and the hold of the points: `sales.policies.refunds.plan_json`.
    plan = models.JSONField(_("payment by line"), default=dict)
    # A checkout that timed out and was held anew has had more than one hold.
    holds = models.PositiveSmallIntegerField(_("times held"), default=1)
    expires_at = models.DateTimeField(_("held until"))
    actor = models.CharField(_("actor"), max_length=64)
    created_at = models.DateTimeField(_("created at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=64, blank=True)
    receipt = models.OneToOneField(
        "sales.Receipt",
        verbose_name=_("receipt"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="checkout",
    )

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="sales_checkout_number"),
            models.CheckConstraint(
                name="sales_checkout_amounts",
                condition=Q(
                    points__gte=0,
                    paid_by_points__gte=0,
                    paid_by_coupon__gte=0,
                    # SQLite adds as floats: half of the last decimal is not a difference.
                    paid_by_coupon__lte=F("total") - F("paid_by_points") + Decimal("0.00005"),
                )
                & (Q(points=0, paid_by_points=0) | Q(points__gt=0, paid_by_points__gt=0)),
            ),
            models.CheckConstraint(
                name="sales_checkout_pays_when_captured",
                condition=Q(receipt__isnull=True) | Q(state="captured"),
            ),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="sales_checkout_of_a_member"),
            # What a receipt of the member may pay with: few rows, asked for by every receipt.
            models.Index(
                fields=["member"],
                name="sales_checkout_open",
                condition=Q(receipt__isnull=True, state__in=["held", "captured"]),
            ),
            models.Index(
                fields=["expires_at"], name="sales_checkout_due", condition=Q(state="held")
            ),
        ]

    def __str__(self) -> str:
        return self.number
