"""The merchant's ladder: its rules, and the levels that it is made of."""

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tiers.policies import ladders, windows


class TierProgram(models.Model):
    """What growth is reckoned from, over which days, and what becomes of a level at their end.

    One row; a missing one means the defaults.
    """

    class Basis(models.TextChoices):
        SPENT = ladders.Basis.SPENT.value, _("money spent (1 yuan is 1)")
        EARNED = ladders.Basis.EARNED.value, _("points earned by purchases and acts")
        BOUGHT = ladders.Basis.BOUGHT.value, _("points earned by purchases")

    class Window(models.TextChoices):
        LIFETIME = windows.Window.LIFETIME.value, _("all time: a level is never lost")
        ROLLING = windows.Window.ROLLING.value, _("the last 12 months")
        YEAR = windows.Window.YEAR.value, _("the calendar year")

    class Fall(models.TextChoices):
        ONE = ladders.Fall.ONE.value, _("one level down")
        GROWTH = ladders.Fall.GROWTH.value, _("down to what the growth reaches")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    basis = models.CharField(
        _("growth comes from"), max_length=8, choices=Basis.choices, default=Basis.SPENT
    )
    window = models.CharField(
        _("growth counts over"), max_length=8, choices=Window.choices, default=Window.ROLLING
    )
    fall = models.CharField(
        _("when growth does not keep a level"),
        max_length=8,
        choices=Fall.choices,
        default=Fall.ONE,
    )
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace after the end of a period"),
        default=30,
        validators=[MaxValueValidator(ladders.DAYS_MAX)],
        help_text=_("In these days the level stays, and what is bought still counts for it."),
    )
    warn_days = models.PositiveSmallIntegerField(
        _("days before the end at which a member is warned"),
        default=30,
        validators=[MaxValueValidator(ladders.DAYS_MAX)],
        help_text=_("0: nobody is warned."),
    )
    undo_returned = models.BooleanField(
        _("take a level back when the purchase that reached it is returned"),
        default=False,
        help_text=_("Otherwise a return lowers the growth, and the level stays for its period."),
    )
    saved_at = models.DateTimeField(_("saved at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("level program")
        verbose_name_plural = _("level program")
        constraints = [models.CheckConstraint(name="tiers_program_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Level(models.Model):
    """A level. `rank` is its place, lowest first; without `threshold` it is by invitation only."""

    class Surface(models.TextChoices):
        PLAIN = "plain", _("plain")
        SILVER = "silver", _("silver")
        GOLD = "gold", _("gold")
        PLATINUM = "platinum", _("platinum")
        BLACK = "black", _("black")

    program = models.ForeignKey(
        TierProgram, on_delete=models.PROTECT, related_name="levels", default=1, editable=False
    )
    code = models.CharField(
        _("code"),
        max_length=32,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9][a-z0-9_-]*\Z", _("Small letters, digits, - and _ only."))
        ],
        help_text=_("What rules and tills know the level by. It never changes."),
    )
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    rank = models.PositiveSmallIntegerField(_("place"))
    threshold = models.PositiveBigIntegerField(
        _("growth to reach it"),
        null=True,
        blank=True,
        help_text=_("Empty: by invitation only."),
    )
    keep = models.PositiveBigIntegerField(
        _("growth to keep it"),
        null=True,
        blank=True,
        help_text=_("Empty: as much as to reach it."),
    )
    surface = models.CharField(
        _("card"), max_length=8, choices=Surface.choices, default=Surface.PLAIN
    )

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ("rank",)
        constraints = [
            models.UniqueConstraint(fields=["rank"], name="tiers_level_rank"),
            models.CheckConstraint(
                name="tiers_level_keep",
                condition=Q(keep__isnull=True)
                | Q(threshold__isnull=False, keep__lte=F("threshold")),
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
    def is_by_invitation(self) -> bool:
        return self.threshold is None

    @property
    def step(self) -> ladders.Step:
        """The level as the arithmetic sees it."""
        return ladders.Step(self.pk, self.code, self.rank, self.threshold, self.keep)
