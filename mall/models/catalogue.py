"""What the mall offers: rewards, their prices and pictures."""

from datetime import datetime, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.models.shelves import CODE, RewardCategory, Shelf, in_language

POINTS_MAX = 10**9
YUAN_MAX = 10**7


class RewardQuerySet(models.QuerySet["Reward"]):
    def on_show(self) -> "RewardQuerySet":
        """Those that members may see at all. Windows, gates and stock are told, not hidden."""
        return self.filter(state=Reward.State.ON)


class Reward(models.Model):
    """A reward (兑换商品, F34–F52). Its price is points, or points and yuan, for one piece.

    `RewardPrice` may make it cheaper for a level or segment, never dearer; a variant may add to
    it. Who may have it: from `level` on, in `segment`, having spent `spend_min` yuan within
    `spend_days` days. Limits are pieces per member.
    """

    class Kind(models.TextChoices):
        PHYSICAL = "physical", _("goods")
        VIRTUAL = "virtual", _("virtual code")
        COUPON = "coupon", pgettext_lazy("reward", "coupon")
        SERVICE = "service", pgettext_lazy("reward", "service")
        EXPERIENCE = "experience", _("experience")
        RIGHT = "right", _("member-price right")
        PARTNER = "partner", _("partner exchange")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ON = "on", _("on the shelf")
        OFF = "off", _("taken down")

    code = models.CharField(
        _("code"),
        max_length=48,
        unique=True,
        validators=[CODE],
        help_text=_("Its address and its name for machines. It stays."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.DRAFT)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    summary = models.CharField(_("in one line"), max_length=120, blank=True)
    summary_en = models.CharField(_("in one line, in English"), max_length=200, blank=True)
    # Cleaned when they are saved: what stands here may be shown as it is.
    description = models.TextField(_("description"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    category = models.ForeignKey(
        RewardCategory,
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rewards",
    )
    shelf = models.ForeignKey(
        Shelf,
        verbose_name=_("shelf"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rewards",
    )
    points = models.PositiveBigIntegerField(
        _("points"), validators=[MinValueValidator(1), MaxValueValidator(POINTS_MAX)]
    )
    money = models.DecimalField(
        _("and yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
    )
    market_value = models.DecimalField(
        _("market value in yuan"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
    )
    cost = models.DecimalField(
        _("cost in yuan"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
        help_text=_("For staff only: what the price proposal and the warning are worked out from."),
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    level = models.ForeignKey(
        "tiers.Level",
        verbose_name=_("from this level on"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    segment = models.CharField(_("only for the segment"), max_length=32, blank=True)
    is_by_invitation = models.BooleanField(
        _("by invitation"),
        default=False,
        help_text=_("Who is not in the segment does not even see it."),
    )
    spend_min = models.DecimalField(
        _("having spent at least, in yuan"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
    )
    spend_days = models.PositiveSmallIntegerField(
        _("within days"),
        default=365,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    order_max = models.PositiveSmallIntegerField(
        _("pieces per order"), default=10, validators=[MinValueValidator(1)]
    )
    day_max = models.PositiveIntegerField(
        _("pieces per member and day"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    month_max = models.PositiveIntegerField(
        _("pieces per member and month"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    ever_max = models.PositiveIntegerField(
        _("pieces per member, ever"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    can_ship = models.BooleanField(_("is sent to an address"), default=False)
    can_pick_up = models.BooleanField(_("is handed over in a store"), default=False)
    stores = models.ManyToManyField(
        "stores.Store",
        verbose_name=_("only in these stores"),
        blank=True,
        related_name="+",
        help_text=_("None: in every store."),
    )
    freight = models.DecimalField(
        _("freight in yuan"),
        max_digits=8,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Once per order that is sent."),
    )
    voucher_days = models.PositiveSmallIntegerField(
        _("days to collect or use it"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    return_days = models.PositiveSmallIntegerField(
        _("days in which goods may be sent back"),
        default=7,
        validators=[MaxValueValidator(366)],
        help_text=_("0: they may not."),
    )
    cancel_hours = models.PositiveSmallIntegerField(
        _("hours before the date until which it may be cancelled"),
        default=24,
        validators=[MaxValueValidator(720)],
    )
    coupon_template = models.ForeignKey(
        "mall.CouponTemplate",
        verbose_name=_("coupon that is issued"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rewards",
        help_text=_("One for each piece, at once."),
    )
    partner = models.CharField(_("partner"), max_length=60, blank=True)
    partner_unit = models.CharField(
        _("what the partner gives"), max_length=20, blank=True, help_text=_("Such as miles.")
    )
    partner_amount = models.PositiveIntegerField(
        _("how many of it for one piece"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    low_stock = models.PositiveIntegerField(
        _("running low from pieces"),
        default=10,
        help_text=_("Members are told, and staff are warned."),
    )
    leaves_when_empty = models.BooleanField(_("is taken down when nothing is left"), default=False)
    position = models.PositiveIntegerField(_("place"), default=100)
    # Pieces of the last thirty days, counted by a job: what "popular" is sorted by.
    popularity = models.PositiveIntegerField(_("popularity"), default=0, editable=False)
    listed_at = models.DateTimeField(_("on the shelf since"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)

    objects = RewardQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [
            models.CheckConstraint(
                name="mall_reward_price", condition=Q(points__gte=1, money__gte=0)
            ),
            models.CheckConstraint(
                name="mall_reward_window",
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="mall_reward_invitation",
                condition=Q(is_by_invitation=False) | ~Q(segment=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-popularity", "-id"], name="mall_reward_popular", condition=Q(state="on")
            ),
            models.Index(
                fields=["-listed_at", "-id"], name="mall_reward_new", condition=Q(state="on")
            ),
            models.Index(
                fields=["points", "-id"], name="mall_reward_by_points", condition=Q(state="on")
            ),
            models.Index(
                fields=["position", "-id"], name="mall_reward_by_place", condition=Q(state="on")
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)

    @property
    def line(self) -> str:
        return in_language(self.summary, self.summary_en)

    @property
    def text(self) -> str:
        """The description as HTML that was cleaned when it was saved."""
        return in_language(self.description, self.description_en)

    @property
    def is_digital(self) -> bool:
        """Delivered in the moment of redeeming."""
        return self.kind in (self.Kind.VIRTUAL, self.Kind.COUPON, self.Kind.RIGHT)

    @property
    def is_voucher(self) -> bool:
        """Used up by being shown in a store."""
        return self.kind in (self.Kind.SERVICE, self.Kind.EXPERIENCE)

    def opens_at(self, *, early: timedelta = timedelta(0)) -> datetime | None:
        """When it opens for a member who may come `early`."""
        return self.starts_at - early if self.starts_at is not None else None


class RewardPrice(models.Model):
    """A better price for a level (and those above), a segment, or a time; never a dearer one."""

    reward = models.ForeignKey(
        Reward, verbose_name=_("reward"), on_delete=models.CASCADE, related_name="prices"
    )
    level = models.ForeignKey(
        "tiers.Level",
        verbose_name=_("from this level on"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    segment = models.CharField(_("for the segment"), max_length=32, blank=True)
    points = models.PositiveBigIntegerField(
        _("points"), validators=[MinValueValidator(1), MaxValueValidator(POINTS_MAX)]
    )
    money = models.DecimalField(
        _("and yuan"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(YUAN_MAX)],
    )
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("special price")
        verbose_name_plural = _("special prices")
        constraints = [
            models.CheckConstraint(
                name="mall_price_positive", condition=Q(points__gte=1, money__gte=0)
            ),
            models.CheckConstraint(
                name="mall_price_window",
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points}"


class RewardPicture(models.Model):
    """A picture of a reward, re-encoded in several widths (`<path>-<width>.webp`)."""

    WIDTHS = (320, 640, 960)

    reward = models.ForeignKey(
        Reward, verbose_name=_("reward"), on_delete=models.CASCADE, related_name="pictures"
    )
    path = models.CharField(_("file"), max_length=120, unique=True, editable=False)
    # Of the largest one, so that a page keeps its place while it loads.
    width = models.PositiveSmallIntegerField(_("width"), editable=False)
    height = models.PositiveSmallIntegerField(_("height"), editable=False)
    words = models.CharField(_("what it shows"), max_length=120, blank=True)
    words_en = models.CharField(_("what it shows, in English"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("place"), default=100)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return in_language(self.words, self.words_en) or self.path


class Wish(models.Model):
    """A reward on a member's wish list."""

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    reward = models.ForeignKey(
        Reward, verbose_name=_("reward"), on_delete=models.CASCADE, related_name="wishes"
    )
    wished_at = models.DateTimeField(_("wished at"))

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [models.UniqueConstraint(fields=["member", "reward"], name="mall_wish_once")]

    def __str__(self) -> str:
        return str(self.reward)
