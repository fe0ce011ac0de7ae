"""How the mall is laid out: shelves by level, and categories."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

CODE = RegexValidator(r"^[a-z0-9][a-z0-9_-]*\Z", _("Small letters, digits, - and _ only."))


def in_language(chinese: str, english: str) -> str:
    """The text for the reader: English where it is wanted and there, Chinese otherwise."""
    is_english = not (get_language() or "zh").startswith("zh")
    return english if is_english and english else chinese


class Shelf(models.Model):
    """A layer of the mall (层级兑换, F41): the higher the level, the more shelves are open.

    Everybody sees a shelf and what stands on it; `level` says from which level on it opens.
    """

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[CODE])
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    words = models.CharField(_("a sentence about it"), max_length=120, blank=True)
    words_en = models.CharField(_("the sentence in English"), max_length=200, blank=True)
    level = models.ForeignKey(
        "tiers.Level",
        verbose_name=_("from this level on"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: for everybody."),
    )
    position = models.PositiveSmallIntegerField(_("place"), default=100)
    is_on = models.BooleanField(_("shown"), default=True)

    class Meta:
        verbose_name = _("shelf")
        verbose_name_plural = _("shelves")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)

    @property
    def sentence(self) -> str:
        return in_language(self.words, self.words_en)


class RewardCategory(models.Model):
    """A category of the mall; what tills sell has its own (`stores.Category`)."""

    code = models.CharField(_("code"), max_length=32, unique=True, validators=[CODE])
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=40, blank=True)
    position = models.PositiveSmallIntegerField(_("place"), default=100)
    is_on = models.BooleanField(_("shown"), default=True)

    class Meta:
        verbose_name = _("reward category")
        verbose_name_plural = _("reward categories")
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)
