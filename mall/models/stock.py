"""What there is of a reward, and every change of it."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.models.catalogue import POINTS_MAX, YUAN_MAX, Reward
from mall.models.shelves import in_language


class Variant(models.Model):
    """One thing that is redeemed: a size, a colour, or an experience on its date.

    Every reward has at least one. The database keeps
    `stocked = remaining + reserved + fulfilled + written_off` (I7), where `stocked` is what was
    there at first and all that came since; a return that can be sold again comes as new stock.
    Without `is_counted` there is always enough, and nothing is counted.
    """

    reward = models.ForeignKey(
        Reward, verbose_name=_("reward"), on_delete=models.PROTECT, related_name="variants"
    )
    sku = models.CharField(
        _("article number"), max_length=64, unique=True, help_text=_("What the warehouse calls it.")
    )
    name = models.CharField(
        _("name"),
        max_length=60,
        blank=True,
        help_text=_("Such as blue, L. Empty when there is only one."),
    )
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    extra_points = models.PositiveBigIntegerField(
        _("more points"), default=0, validators=[MaxValueValidator(POINTS_MAX)]
    )
    extra_money = models.DecimalField(
        _("more yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
    )
    starts_at = models.DateTimeField(
        _("takes place at"), null=True, blank=True, help_text=_("Of an experience.")
    )
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=80, blank=True)
    is_counted = models.BooleanField(_("stock is counted"), default=True)
    stocked = models.PositiveBigIntegerField(_("stocked"), default=0, editable=False)
    remaining = models.PositiveBigIntegerField(
        pgettext_lazy("stock", "remaining"), default=0, editable=False
    )
    reserved = models.PositiveBigIntegerField(_("reserved"), default=0, editable=False)
    fulfilled = models.PositiveBigIntegerField(_("handed out"), default=0, editable=False)
    written_off = models.PositiveBigIntegerField(_("written off"), default=0, editable=False)
    position = models.PositiveSmallIntegerField(_("place in the list"), default=100)
    is_on = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ("position", "pk")
        constraints = [
            models.CheckConstraint(
                name="mall_variant_conserves",
                condition=Q(
                    stocked=F("remaining") + F("reserved") + F("fulfilled") + F("written_off"),
                    remaining__gte=0,
                    reserved__gte=0,
                    fulfilled__gte=0,
                    written_off__gte=0,
                ),
            ),
            models.CheckConstraint(
                name="mall_variant_time",
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.sku

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)

    def has_left(self, quantity: int = 1) -> bool:
        return not self.is_counted or self.remaining >= quantity

    def is_over(self, at: datetime) -> bool:
        """An experience that has begun."""
        return self.starts_at is not None and self.starts_at <= at


class StockMovement(models.Model):
    """One change of a variant's stock. Never changed; what is there is the sum of them."""

    class Kind(models.TextChoices):
        RESTOCK = "restock", _("came in")
        RESERVE = "reserve", _("reserved by an order")
        RELEASE = "release", _("free again")
        FULFIL = "fulfil", _("handed out")
        WRITE_OFF = "write_off", _("written off")
        RETURN = "return", _("came back")

    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        on_delete=models.PROTECT,
        related_name="movements",
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    quantity = models.PositiveBigIntegerField(_("quantity"))
    # Of `remaining`, right after it.
    remaining_after = models.PositiveBigIntegerField(_("remaining after it"))
    redemption = models.ForeignKey(
        "mall.Redemption",
        verbose_name=_("redemption"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    note = models.CharField(_("note"), max_length=120, blank=True)
    actor = models.CharField(_("actor"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            models.CheckConstraint(name="mall_movement_positive", condition=Q(quantity__gte=1)),
        ]
        indexes = [models.Index(fields=["variant", "-id"], name="mall_movement_of_variant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity}"


class CodeBatch(models.Model):
    """Virtual codes that were brought in together."""

    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.PROTECT, related_name="batches"
    )
    name = models.CharField(_("name"), max_length=60)
    size = models.PositiveIntegerField(_("codes"), default=0)
    valid_until = models.DateField(_("codes are valid until"), null=True, blank=True)
    actor = models.CharField(_("actor"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("batch of codes")
        verbose_name_plural = _("batches of codes")

    def __str__(self) -> str:
        return self.name


class VirtualCode(models.Model):
    """One code of the pool, encrypted. The member opens it; then it is known to be seen."""

    class State(models.TextChoices):
        FREE = "free", _("in the pool")
        TAKEN = "taken", _("delivered")
        VOID = "void", _("void")

    batch = models.ForeignKey(
        CodeBatch, verbose_name=_("batch"), on_delete=models.PROTECT, related_name="codes"
    )
    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    secret = models.BinaryField(_("encrypted code"))
    # A keyed hash: the same code is not brought in twice, and can be found.
    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.FREE)
    redemption = models.ForeignKey(
        "mall.Redemption",
        verbose_name=_("redemption"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="codes",
    )
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)

    class Meta:
        verbose_name = _("virtual code")
        verbose_name_plural = _("virtual codes")
        constraints = [
            models.CheckConstraint(
                name="mall_code_taken_by_an_order",
                condition=Q(state="taken", redemption__isnull=False) | ~Q(state="taken"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant", "id"], name="mall_code_free", condition=Q(state="free")
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
