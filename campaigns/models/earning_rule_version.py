"""Versions of the program: everything by which members earn points."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.policies import programs


class EarningRuleVersionQuerySet(models.QuerySet["EarningRuleVersion"]):
    def published(self) -> "EarningRuleVersionQuerySet":
        return self.filter(published_at__isnull=False)

    def drafts(self) -> "EarningRuleVersionQuerySet":
        return self.filter(published_at__isnull=True)


class EarningRuleVersion(models.Model):
    """A draft until it is published; from then on immutable with its rules, which triggers guard.

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
        DATE = "date", _("through one day, the same for all")
        YEAR_END = "year_end", _("through the end of the year of earning, or so many years later")
        QUARTER_END = (
            "quarter_end",
            _("through the end of the quarter of earning, or so many quarters later"),
        )

    class Stacking(models.TextChoices):
        MULTIPLY = "multiply", _("multiplied with each other (2 and 3 make 6)")
        ADD = "add", _("added up (2 and 3 make 4: each adds what exceeds 1)")
        HIGHEST = "highest", _("only the highest counts (2 and 3 make 3)")

    class LeapDay(models.TextChoices):
        FEB28 = "feb28", _("on 28 February")
        MAR1 = "mar1", _("on 1 March")

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
        _("points"),
        default=1,
        validators=[MaxValueValidator(1000)],
        help_text=_("0: no basic rate, only the rules below give points."),
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
    freight_earns = models.BooleanField(_("freight earns points"), default=False)
    coupon_part_earns = models.BooleanField(_("what a coupon paid earns points"), default=False)
    points_part_earns = models.BooleanField(_("what points paid earns points"), default=False)
    excluded = models.JSONField(_("goods that earn nothing"), default=dict, blank=True)
    stacking = models.CharField(
        _("multipliers that meet are"),
        max_length=8,
        choices=Stacking.choices,
        default=Stacking.MULTIPLY,
    )
    ceiling = models.DecimalField(
        _("together at most times"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(programs.MAX_FACTOR)],
    )
    order_cap = models.PositiveBigIntegerField(
        _("most points per purchase"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    day_cap = models.PositiveBigIntegerField(
        _("most points of purchases per member and day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    month_cap = models.PositiveBigIntegerField(
        _("most points of purchases per member and month"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    leap_day = models.CharField(
        _("birthdays of 29 February are kept, in other years"),
        max_length=8,
        choices=LeapDay.choices,
        default=LeapDay.FEB28,
    )
    validity = models.CharField(
        _("validity"), max_length=12, choices=Validity.choices, default=Validity.MONTHS
    )
    validity_count = models.PositiveIntegerField(
        _("number of months, days, years or quarters"),
        default=12,
        validators=[MaxValueValidator(3660)],
    )
    validity_date = models.DateField(_("last day of validity"), null=True, blank=True)
    pending_days = models.PositiveIntegerField(
        _("days until usable"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_("0: usable at once. Otherwise after this many days, when returns are over."),
    )
    unit_name = models.CharField(
        _("what points are called"), max_length=12, blank=True, help_text=_("Empty: 积分")
    )
    unit_name_en = models.CharField(
        _("what points are called in English"), max_length=24, blank=True
    )
    preface = models.TextField(
        _("preface of the rules page"),
        max_length=2000,
        blank=True,
        help_text=_("Stands above the rules, which are always those that are in force."),
    )
    preface_en = models.TextField(_("preface in English"), max_length=2000, blank=True)
    announcement = models.TextField(
        _("announcement"),
        max_length=1000,
        blank=True,
        help_text=_("What members read about this version before it starts."),
    )
    announcement_en = models.TextField(_("announcement in English"), max_length=1000, blank=True)
    repairs = models.ForeignKey(
        "self",
        verbose_name=_("repairs version"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_(
            "Takes the place of a version with a broken rule, from that one's start; purchases "
            "that met the fault are judged again."
        ),
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
    # Of the whole content, rules included: what was published, and what a cache may be keyed by.
    mark = models.CharField(max_length=64, blank=True, editable=False)
    # What a back-test has seen; publishing anything else, or nothing, asks for a reason.
    tested_mark = models.CharField(max_length=64, blank=True, editable=False)
    tested_at = models.DateTimeField(_("back-tested at"), null=True, blank=True, editable=False)
    tested_change = models.BigIntegerField(
        _("points more or fewer in the back-test"), null=True, blank=True, editable=False
    )
    untested_reason = models.CharField(
        _("why published without a back-test"), max_length=300, blank=True, editable=False
    )
    short_notice_reason = models.CharField(
        _("why announced so late"), max_length=300, blank=True, editable=False
    )

    objects = EarningRuleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the program")
        verbose_name_plural = _("versions of the program")
        constraints = [
            models.CheckConstraint(
                name="campaigns_rule_terms_in_range",
                condition=Q(points__range=(0, 1000), block_yuan__gte=Decimal("0.01"))
                & Q(pending_days__lte=365, validity_count__lte=3660),
            ),
            models.CheckConstraint(
                name="campaigns_rule_validity_counted",
                condition=~Q(validity__in=("months", "days")) | Q(validity_count__gte=1),
            ),
            models.CheckConstraint(
                name="campaigns_rule_validity_dated",
                condition=~Q(validity="date") | Q(validity_date__isnull=False),
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

    def as_terms(self, rules: list[programs.RuleTerms]) -> programs.ProgramTerms:
        """The same as plain values, for the policies. A draft counts as version 0."""
        return programs.ProgramTerms(
            id=self.pk or 0,
            number=self.number or 0,
            starts_at=self.starts_at,
            basic_method=programs.PER_BLOCK
            if self.method == self.Method.BLOCK
            else programs.PER_YUAN,
            basic_points=self.points,
            basic_yuan=self.block_yuan,
            floor_at=str(self.floor_at),
            stacking=str(self.stacking),
            ceiling=self.ceiling,
            freight_earns=self.freight_earns,
            coupon_part_earns=self.coupon_part_earns,
            points_part_earns=self.points_part_earns,
            excluded=self.excluded,
            validity=self.validity_data(),
            pending_days=self.pending_days,
            order_cap=self.order_cap,
            day_cap=self.day_cap,
            month_cap=self.month_cap,
            leap_day=str(self.leap_day),
            rules=rules,
        )

    def validity_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": str(self.validity)}
        if self.validity == self.Validity.DATE:
            data["date"] = self.validity_date.isoformat() if self.validity_date else None
        elif self.validity != self.Validity.NEVER:
            data["count"] = self.validity_count
        return data
