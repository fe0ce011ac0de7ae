"""Versions of the rule by which purchases earn points."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns import policies


class EarningRuleVersionQuerySet(models.QuerySet["EarningRuleVersion"]):
    def published(self) -> "EarningRuleVersionQuerySet":
        return self.filter(published_at__isnull=False)


class EarningRuleVersion(models.Model):
    """A draft until it is published; from then on immutable, which triggers guard.

    The version in force at a receipt's own time judges it, however late the receipt arrives.
    """

    class Method(models.TextChoices):
        RATIO = "ratio", _("in proportion (¥199 at 10 per ¥100 gives 19)")
        BLOCK = "block", _("per whole block (¥199 at 10 per ¥100 gives 10)")

    class FloorAt(models.TextChoices):
        RECEIPT = "receipt", _("once per receipt")
        LINE = "line", _("on every line")

    class Validity(models.TextChoices):
        MONTHS = "months", _("months from the day of earning")
        DAYS = "days", _("days from the day of earning")
        NEVER = "never", _("never expire")

    number = models.PositiveIntegerField(
        _("version"), unique=True, null=True, blank=True, editable=False
    )
    name = models.CharField(_("name"), max_length=60)
    starts_at = models.DateTimeField(
        _("in force from"),
        help_text=_("Purchases from this moment on are judged by this version."),
    )
    method = models.CharField(
        _("how points are counted"), max_length=8, choices=Method.choices, default=Method.RATIO
    )
    points = models.PositiveIntegerField(
        _("points"), default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    block_yuan = models.DecimalField(
        _("for every … yuan"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    floor_at = models.CharField(
        _("rounded down"), max_length=8, choices=FloorAt.choices, default=FloorAt.RECEIPT
    )
    validity = models.CharField(
        _("validity"), max_length=8, choices=Validity.choices, default=Validity.MONTHS
    )
    validity_count = models.PositiveIntegerField(
        _("number of months or days"), default=12, validators=[MaxValueValidator(3660)]
    )
    pending_days = models.PositiveIntegerField(
        _("days until usable"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_("0: usable at once. Otherwise after this many days, when returns are over."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("published by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )

    objects = EarningRuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("earning rule")
        verbose_name_plural = _("earning rules")
        constraints = [
            models.CheckConstraint(
                name="campaigns_rule_terms_in_range",
                condition=Q(points__range=(1, 1000), block_yuan__gte=Decimal("0.01"))
                & Q(pending_days__lte=365, validity_count__lte=3660),
            ),
            models.CheckConstraint(
                name="campaigns_rule_validity_counted",
                condition=Q(validity="never") | Q(validity_count__gte=1),
            ),
            models.CheckConstraint(
                name="campaigns_rule_numbered_when_published",
                condition=Q(number__isnull=True, published_at__isnull=True)
                | Q(number__gte=1, published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return _("%(name)s (draft)") % {"name": self.name}
        return _("%(name)s (v%(number)s)") % {"name": self.name, "number": self.number}

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def is_upcoming(self, at: datetime) -> bool:
        return self.is_published and self.starts_at > at

    def as_data(self) -> policies.RuleVersionData:
        """The same as plain values, for the policies. A draft counts as version 0."""
        return policies.RuleVersionData(
            id=self.pk or 0,
            number=self.number or 0,
            starts_at=self.starts_at,
            method="block" if self.method == self.Method.BLOCK else "ratio",
            points=self.points,
            block_yuan=self.block_yuan,
            floor_at="line" if self.floor_at == self.FloorAt.LINE else "receipt",
            validity=_VALIDITIES[self.validity],
            validity_count=self.validity_count,
            pending_days=self.pending_days,
        )


_VALIDITIES: dict[str, policies.Validity] = {
    EarningRuleVersion.Validity.MONTHS: "months",
    EarningRuleVersion.Validity.DAYS: "days",
    EarningRuleVersion.Validity.NEVER: "never",
}
