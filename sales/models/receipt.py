"""Receipts of the tills, shops and the ERP, and their lines."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Receipt(models.Model):
    """A sale or a return of one store, under the store's own number.

    Content never changes once it is in. On a sale, `points_clawed` and `returned_total` grow
    with its returns; a return that came before its sale waits and is posted when the sale comes.
    """

    class Kind(models.TextChoices):
        SALE = "sale", _("sale")
        RETURN = "return", _("return")

    class State(models.TextChoices):
        POSTED = "posted", _("posted")
        WAITING = "waiting", _("waiting for its sale")
        DISPUTED = "disputed", _("does not fit its sale")

    class Source(models.TextChoices):
        API = "api", _("API")
        ADMIN = "admin", _("back office")
        IMPORT = "import", _("import")
        DEMO = "demo", _("demonstration")

    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    number = models.CharField(_("receipt number"), max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    fault = models.CharField(_("what does not fit"), max_length=40, blank=True)
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    occurred_at = models.DateTimeField(_("time of sale"))
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    # As it came; blank means the store's.
    business = models.CharField(_("line of business"), max_length=32, blank=True, default="")
    completed_at = models.DateTimeField(
        _("completed at"),
        null=True,
        blank=True,
        help_text=_("When the order is complete: delivered, or a presale or group-buy has ended."),
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    # Fifteen digits: what SQLite, too, keeps exactly.
    total = models.DecimalField(_("total"), max_digits=15, decimal_places=4)
    base = models.DecimalField(_("amount that counts"), max_digits=15, decimal_places=4)
    # Yuan of the total that were not paid in money.
    paid_by_coupon = models.DecimalField(
        _("paid by coupon"), max_digits=15, decimal_places=4, default=0
    )
    paid_by_points = models.DecimalField(
        _("paid by points"), max_digits=15, decimal_places=4, default=0
    )
    sale = models.ForeignKey(
        "self",
        verbose_name=_("original sale"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="returns",
        db_index=False,
    )
    original_number = models.CharField(_("original receipt number"), max_length=64, blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=32)
    points_earned = models.BigIntegerField(_("points earned"), default=0)
    points_clawed = models.BigIntegerField(_("points taken back"), default=0)
    returned_total = models.DecimalField(
        _("returned so far"), max_digits=15, decimal_places=4, default=0
    )
    rule_version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("earning rule"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    explanation = models.JSONField(_("explanation"), default=dict)
    # The first answer, so that a repeated request gets the very same.
    available_after = models.BigIntegerField(_("available after"), null=True, blank=True)
    pending_after = models.BigIntegerField(_("pending after"), null=True, blank=True)
    debt_after = models.BigIntegerField(_("debt after"), null=True, blank=True)
    shortfall = models.BigIntegerField(_("points that could not be taken back"), default=0)
    deduct = models.DecimalField(
        _("to be deducted from the refund"), max_digits=15, decimal_places=2, null=True, blank=True
    )
    # What goes back with a return of a known sale, by how it was paid; `points_back` are the
    # spent points that these yuan by points had been.
    refund = models.DecimalField(
        _("to be refunded in money"), max_digits=15, decimal_places=2, null=True, blank=True
    )
    refund_by_points = models.DecimalField(
        _("of the returned goods paid by points"), max_digits=15, decimal_places=2, default=0
    )
    refund_by_coupon = models.DecimalField(
        _("of the returned goods paid by coupon"), max_digits=15, decimal_places=2, default=0
    )
    points_back = models.BigIntegerField(_("spent points that go back"), default=0)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    actor = models.CharField(_("actor"), max_length=64)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="sales_receipt_number"),
            models.CheckConstraint(
                name="sales_receipt_amounts",
                condition=Q(total__gte=0, base__gte=0, returned_total__gte=0),
            ),
            models.CheckConstraint(
                name="sales_receipt_points",
                condition=Q(kind="sale", points_earned__gte=0, points_clawed__gte=0)
                | Q(kind="return", points_earned=0, points_clawed__gte=0),
            ),
            models.CheckConstraint(
                name="sales_receipt_shortfall",
                condition=Q(shortfall=0, deduct__isnull=True)
                | Q(
                    kind="return",
                    shortfall__gt=0,
                    shortfall__lte=models.F("points_clawed"),
                ),
            ),
            models.CheckConstraint(
                name="sales_receipt_payment",
                # SQLite adds as floats: half of the last decimal is not a difference.
                condition=Q(
                    paid_by_coupon__gte=0,
                    paid_by_points__gte=0,
                    paid_by_coupon__lte=models.F("total")
                    - models.F("paid_by_points")
                    + Decimal("0.00005"),
                )
                & (Q(kind="sale") | Q(paid_by_coupon=0, paid_by_points=0)),
            ),
            models.CheckConstraint(
                name="sales_receipt_completion",
                condition=Q(completed_at__isnull=True)
                | Q(kind="sale", completed_at__gte=models.F("occurred_at")),
            ),
            models.CheckConstraint(
                name="sales_receipt_refund",
                condition=Q(kind="return", points_back__gte=0)
                | Q(refund__isnull=True, refund_by_points=0, refund_by_coupon=0, points_back=0),
            ),
            models.CheckConstraint(
                name="sales_receipt_takes_back_what_it_gave",
                condition=Q(kind="return") | Q(points_clawed__lte=models.F("points_earned")),
            ),
        ]
        indexes = [
            # A member's receipts by time, with all that the nightly analysis asks of them: it
            # reads the index alone, in the order of its windows of members.
            models.Index(
                fields=[
                    "member",
                    "-occurred_at",
                    "kind",
                    "state",
                    "sale",
                    "total",
                    "returned_total",
                ],
                name="sales_receipt_of_a_member",
            ),
            models.Index(fields=["-occurred_at"], name="sales_receipt_by_time"),
            models.Index(
                fields=["sale"], name="sales_receipt_returns", condition=Q(sale__isnull=False)
            ),
            models.Index(
                fields=["store", "original_number"],
                name="sales_receipt_waiting",
                condition=Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def points(self) -> int:
        """What this receipt moved, signed: earned by a sale, taken back by a return."""
        if self.kind == self.Kind.SALE:
            return self.points_earned
        return -self.points_clawed


class ReceiptLine(models.Model):
    """An article on a receipt. `amount` is what was paid; quantities are positive.

    `category` is what the till said, also when the merchant has no such category.
    """

    class Kind(models.TextChoices):
        GOODS = "goods", _("goods")
        FREIGHT = "freight", _("freight")

    receipt = models.ForeignKey(
        "sales.Receipt",
        verbose_name=_("receipt"),
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
    )
    line_no = models.PositiveIntegerField(_("line"))
    sku = models.CharField(_("article number"), max_length=64)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.GOODS)
    category = models.CharField(_("category code"), max_length=64, blank=True, default="")
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    unit_price = models.DecimalField(_("unit price"), max_digits=14, decimal_places=4)
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=4)
    sale_line_no = models.PositiveIntegerField(_("line of the sale"), null=True, blank=True)
    returned = models.DecimalField(_("returned so far"), max_digits=12, decimal_places=3, default=0)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line_no"], name="sales_line_number"),
            models.CheckConstraint(
                name="sales_line_figures",
                condition=Q(quantity__gt=0, unit_price__gte=0, amount__gte=0, line_no__gte=1),
            ),
            models.CheckConstraint(
                name="sales_line_returned_at_most_once",
                condition=Q(returned__gte=0, returned__lte=models.F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.sku
