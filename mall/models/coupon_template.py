"""What coupons of one kind mean: written by the merchant, read whenever one is used."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mall.policies import coupons as policy
from points.policies import start_of_day

_SHANGHAI = ZoneInfo("Asia/Shanghai")
MONEY_MAX = Decimal(10**7)


def _money(verbose_name: object, **options: object) -> models.DecimalField:  # type: ignore[type-arg]  # the value's type hangs on `null`
    return models.DecimalField(
        verbose_name,  # type: ignore[arg-type]  # a lazy translation
        max_digits=10,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MONEY_MAX)],
        **options,  # type: ignore[arg-type]
    )


class CouponTemplateQuerySet(models.QuerySet["CouponTemplate"]):
    def take_pieces(self, *, pk: int, pieces: int) -> bool:
        """Count `pieces` as issued; False when fewer are left, however many ask at once.

        One conditional UPDATE: PostgreSQL looks at the condition again after it has waited for
        the row, and SQLite has one writer.
        """
        room = Q(quantity__isnull=True) | Q(quantity__gte=F("issued") + pieces)
        return self.filter(room, pk=pk).update(issued=F("issued") + pieces) == 1

    def put_back(self, *, pk: int, pieces: int) -> None:
        """A void coupon's piece may be issued again."""
        self.filter(pk=pk, issued__gte=pieces).update(issued=F("issued") - pieces)


class CouponTemplate(models.Model):
    """A kind of coupon: what it takes off, where, for whom, how many, how long.

    Lists in JSON name things by what never changes: stores by their key, the rest by codes. What
    a list names and is gone no longer matches, so a scope never grows by itself.
    """

    class Kind(models.TextChoices):
        THRESHOLD = policy.Kind.THRESHOLD.value, _("money off from an amount")
        PERCENT = policy.Kind.PERCENT.value, pgettext_lazy("coupon", "per cent off")
        CASH = policy.Kind.CASH.value, _("cash coupon")
        FREE_DELIVERY = policy.Kind.FREE_DELIVERY.value, pgettext_lazy("coupon", "free delivery")
        EXCHANGE = policy.Kind.EXCHANGE.value, _("exchange for a good")

    class Stacking(models.TextChoices):
        ALONE = policy.Stacking.ALONE.value, _("alone")
        OTHER_KINDS = policy.Stacking.OTHER_KINDS.value, _("with coupons of other kinds")
        OTHER_GROUPS = policy.Stacking.OTHER_GROUPS.value, _("with coupons of other groups")

    class OnReturn(models.TextChoices):
        GIVEN_BACK = "given_back", _("given back, with its own validity")
        LOST = "lost", _("lost")

    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9_-]*\Z", _("Small letters, digits, - and _ only."))
        ],
        help_text=_("What rules and machines know it by. It never changes."),
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    amount = _money(_("money off"), default=Decimal(0), blank=True)
    percent = models.DecimalField(
        _("per cent off"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text=_("20 means that 20 % come off, which is 8 of 10."),
    )
    cap = _money(_("at most"), null=True, blank=True, help_text=_("Empty: no bound."))
    threshold = _money(
        pgettext_lazy("coupon", "from an amount of"),
        default=Decimal(0),
        blank=True,
        help_text=_("What the goods that count must cost, after other coupons."),
    )
    exchange_sku = models.CharField(_("article given"), max_length=64, blank=True)
    exchange_quantity = models.PositiveSmallIntegerField(
        _("pieces given"), default=1, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    store_ids = models.JSONField(_("stores"), default=list, blank=True)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    skus = models.JSONField(_("articles"), default=list, blank=True)
    excluded_labels = models.JSONField(_("labels left out"), default=list, blank=True)
    levels = models.JSONField(_("levels"), default=list, blank=True)
    segments = models.JSONField(_("segments"), default=list, blank=True)
    quantity = models.PositiveBigIntegerField(
        _("how many in all"), null=True, blank=True, help_text=_("Empty: no bound.")
    )
    issued = models.PositiveBigIntegerField(_("issued"), default=0, editable=False)
    per_member = models.PositiveIntegerField(
        _("most for one member"), null=True, blank=True, help_text=_("Empty: no bound.")
    )
    per_member_month = models.PositiveIntegerField(
        _("most for one member in a month"), null=True, blank=True
    )
    per_member_day = models.PositiveIntegerField(
        _("most for one member in a day"), null=True, blank=True
    )
    starts_at = models.DateTimeField(
        _("valid from"), null=True, blank=True, help_text=_("Empty: from the moment of issue.")
    )
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(
        _("valid for days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
        help_text=_("Counted from the issue, to the end of the last day."),
    )
    stacking = models.CharField(
        pgettext_lazy("coupon", "may be used"),
        max_length=8,
        choices=Stacking.choices,
        default=Stacking.ALONE,
    )
    group = models.CharField(
        _("group"),
        max_length=40,
        blank=True,
        help_text=_("Of coupons of one group, one may be used at a purchase."),
    )
    with_points = models.BooleanField(_("together with points as money"), default=True)
    on_return = models.CharField(
        _("when the whole order is returned"),
        max_length=12,
        choices=OnReturn.choices,
        default=OnReturn.GIVEN_BACK,
    )
    # Folded (mall.policies.coupon_codes); NULL when it cannot be claimed.
    public_code = models.CharField(
        _("public code"),
        max_length=32,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Printed on a leaflet: whoever enters it gets one. Empty: none."),
    )
    is_on = models.BooleanField(
        _("on"),
        default=False,
        help_text=_("Off: none is issued any more. Those that people have stay valid."),
    )
    created_at = models.DateTimeField(_("created at"))

    objects = CouponTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon template")
        verbose_name_plural = _("coupon templates")
        constraints = [
            models.CheckConstraint(
                name="mall_template_issued",
                condition=Q(quantity__isnull=True) | Q(issued__lte=F("quantity")),
            ),
            models.CheckConstraint(
                name="mall_template_validity",
                condition=Q(days__isnull=False, ends_at__isnull=True)
                | Q(days__isnull=True, ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="mall_template_period",
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(starts_at__lt=F("ends_at")),
            ),
            models.CheckConstraint(
                name="mall_template_money",
                condition=Q(amount__gte=0, percent__gte=0, percent__lte=100, threshold__gte=0),
            ),
            models.CheckConstraint(
                name="mall_template_takes_something",
                condition=Q(kind__in=["threshold", "cash"], amount__gt=0)
                | Q(kind="percent", percent__gt=0)
                | Q(kind="free_delivery")
                | (Q(kind="exchange", exchange_quantity__gt=0) & ~Q(exchange_sku="")),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        is_english = not (get_language() or "zh").startswith("zh")
        return self.name_en if is_english and self.name_en else self.name

    @property
    def left(self) -> int | None:
        """How many may still be issued; None: as many as you like."""
        return None if self.quantity is None else max(0, self.quantity - self.issued)

    @property
    def terms(self) -> policy.Terms:
        """The template as the arithmetic sees it."""
        return policy.Terms(
            kind=policy.Kind(self.kind),
            amount=self.amount,
            percent=self.percent,
            cap=self.cap,
            threshold=self.threshold,
            skus=frozenset(self.skus),
            categories=frozenset(self.categories),
            excluded_labels=frozenset(self.excluded_labels),
            exchange_sku=self.exchange_sku,
            exchange_quantity=self.exchange_quantity,
            stacking=policy.Stacking(self.stacking),
            group=self.group,
            with_points=self.with_points,
        )

    def is_for(self, store_id: int) -> bool:
        return not self.store_ids or store_id in self.store_ids

    def validity(self, at: datetime) -> tuple[datetime, datetime]:
        """From when to when (half-open) a coupon issued at `at` counts.

        So many days are counted from the day after the issue: one day, issued at noon, lasts to
        the end of tomorrow, in the shop's time zone.
        """
        if self.ends_at is not None:
            return max(self.starts_at or at, at), self.ends_at
        begins = max(self.starts_at or at, at)
        day = begins.astimezone(_SHANGHAI).date() + timedelta(days=1 + (self.days or 1))
        return begins, start_of_day(day, _SHANGHAI)


class CouponTemplateChange(models.Model):
    """Who changed a template, when, and what: written with the change, never again."""

    template = models.ForeignKey(
        CouponTemplate, verbose_name=_("template"), on_delete=models.PROTECT, related_name="changes"
    )
    actor = models.CharField(_("by"), max_length=64)
    changed_at = models.DateTimeField(_("changed at"))
    # Field → [before, after], as text.
    values = models.JSONField(_("values"), default=dict)

    class Meta:
        verbose_name = _("change of a coupon template")
        verbose_name_plural = _("changes of coupon templates")

    def __str__(self) -> str:
        return f"{self.template_id} {self.changed_at:%Y-%m-%d %H:%M}"
