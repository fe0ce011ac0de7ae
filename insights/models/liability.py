"""What the merchant sets about the points liability, and its figures as they were at month ends."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insights.policies.liability import Origin


class LiabilitySettings(models.Model):
    """One row; a missing row means the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    worth = models.DecimalField(
        _("what a point is worth to a member, in yuan"),
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.000001"))],
        help_text=_("Empty: as the settings of the ledger say."),
    )
    prior_percent = models.DecimalField(
        _("expected to be used, in percent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text=_(
            "Used until the shop's own history is long enough. 100 is prudent: nothing is "
            "assumed to lapse."
        ),
    )
    prior_source = models.CharField(
        _("where this figure comes from"), max_length=200, blank=True, default=""
    )
    least_months = models.PositiveSmallIntegerField(
        _("own history counts from … months"),
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(36)],
    )
    least_points = models.PositiveBigIntegerField(
        _("and from … granted points"), default=100_000, validators=[MinValueValidator(1)]
    )
    liability_account = models.CharField(
        _("account of points from sales"), max_length=20, default="2204"
    )
    liability_name = models.CharField(_("its name"), max_length=60, default="合同负债")
    revenue_account = models.CharField(_("account of revenue"), max_length=20, default="6001")
    revenue_name = models.CharField(_("its name"), max_length=60, default="主营业务收入")
    provision_account = models.CharField(
        _("account of points given away"), max_length=20, default="2801"
    )
    provision_name = models.CharField(_("its name"), max_length=60, default="预计负债")
    expense_account = models.CharField(
        _("account of the cost of promotion"), max_length=20, default="6601"
    )
    expense_name = models.CharField(_("its name"), max_length=60, default="销售费用")

    class Meta:
        verbose_name = _("liability settings")
        verbose_name_plural = _("liability settings")
        constraints = [
            models.CheckConstraint(name="insights_liability_settings_one", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class LiabilitySnapshot(models.Model):
    """The liability at the end of a day, as it was reckoned then.

    It does not change when the settings do or when more is learned later: a report about a month
    that is over says what it said.
    """

    day = models.DateField(_("end of"), unique=True)
    taken_at = models.DateTimeField(_("reckoned at"))
    # The worth of a point and how many are expected to be used, as exact fractions in text.
    basis = models.JSONField(_("basis"))

    class Meta:
        verbose_name = _("points liability")
        verbose_name_plural = _("points liability")
        permissions = [("export_liability", _("Can download the journal of the liability"))]

    def __str__(self) -> str:
        return self.day.isoformat()


class LiabilityShare(models.Model):
    """What one store (none: head office) owed in points of one origin in a snapshot."""

    snapshot = models.ForeignKey(
        LiabilitySnapshot,
        verbose_name=_("points liability"),
        on_delete=models.CASCADE,
        related_name="shares",
    )
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    origin = models.CharField(
        _("origin"),
        max_length=4,
        choices=[
            (Origin.SALE.value, _("with a purchase")),
            (Origin.GIFT.value, _("given away")),
        ],
    )
    points = models.BigIntegerField(_("points"))
    yuan = models.DecimalField(_("yuan"), max_digits=20, decimal_places=2)

    class Meta:
        verbose_name = _("share of the liability")
        verbose_name_plural = _("shares of the liability")
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "store", "origin"], name="insights_liability_share_once"
            ),
            models.UniqueConstraint(
                fields=["snapshot", "origin"],
                condition=Q(store=None),
                name="insights_liability_head_office_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id} · {self.store_id} · {self.points}"
