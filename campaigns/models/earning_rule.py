"""One rule of a version: when points are given, how many, how often, and for how long."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.policies import programs


class EarningRule(models.Model):
    """Belongs to one version and is frozen with it; `key` is the same in all versions.

    The key is what limits count by, so that a new version does not start them anew.
    """

    class Trigger(models.TextChoices):
        PURCHASE = "purchase", _("purchase")
        FIRST_ORDER = "first_order", _("first order")
        REGISTRATION = "registration", _("registration")
        PROFILE = "profile", _("completed profile")
        BIRTHDAY = "birthday", pgettext_lazy("trigger", "birthday")
        REFERRAL = "referral", _("referral")
        REVIEW = "review", _("review")
        CHECK_IN = "check_in", _("check-in")
        SHARE = "share", _("share")
        QUESTIONNAIRE = "questionnaire", _("questionnaire")
        QUIZ = "quiz", _("quiz")
        VOTE = "vote", _("vote")
        EVENT = "event", _("taking part in an event")
        CUSTOM = "custom", _("event of your own, by API")

    class Effect(models.TextChoices):
        PER_YUAN = programs.PER_YUAN, _("points in proportion to the yuan")
        PER_BLOCK = programs.PER_BLOCK, _("points for every whole block of yuan")
        PER_ITEM = programs.PER_ITEM, _("points per item")
        FIXED = programs.FIXED, _("fixed points")
        BANDS = programs.BANDS, _("points by how much is spent")
        MULTIPLIER = programs.MULTIPLIER, _("multiply the points")
        BAND_MULTIPLIER = programs.BAND_MULTIPLIER, _("multiply by how much is spent")

    class Combine(models.TextChoices):
        BASE = programs.BASE, _("instead of the rules below it, for the same goods")
        EXTRA = programs.EXTRA, _("on top of everything else")

    version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("version"),
        on_delete=models.CASCADE,
        related_name="rules",
    )
    key = models.SlugField(_("key"), max_length=40)
    position = models.PositiveIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)
    trigger = models.CharField(
        _("when"), max_length=16, choices=Trigger.choices, default=Trigger.PURCHASE
    )
    code = models.CharField(
        _("code of the event"),
        max_length=64,
        blank=True,
        help_text=_("For events: the code by which the mini-program or the till names it."),
    )
    effect = models.CharField(
        _("gives"), max_length=16, choices=Effect.choices, default=Effect.PER_YUAN
    )
    combine = models.CharField(
        _("counts"), max_length=8, choices=Combine.choices, default=Combine.EXTRA
    )
    is_multiplied = models.BooleanField(_("multipliers count for it too"), default=False)
    points = models.PositiveIntegerField(
        _("points"), default=0, validators=[MaxValueValidator(programs.MAX_POINTS)]
    )
    yuan = models.DecimalField(
        _("for every … yuan"),
        max_digits=10,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    factor = models.DecimalField(
        _("times"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(programs.MAX_FACTOR)],
    )
    bands = models.JSONField(_("bands"), default=list, blank=True)
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    limits = models.JSONField(_("limits"), default=list, blank=True)
    validity = models.JSONField(_("validity"), default=dict, blank=True)
    timing = models.JSONField(_("when usable"), default=dict, blank=True)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="campaigns_rule_key"),
            models.CheckConstraint(
                name="campaigns_rule_not_negative", condition=Q(factor__gte=0, yuan__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def local_name(self) -> str:
        """The name in the reader's language, as far as the merchant gave one."""
        is_english = (get_language() or "").startswith("en")
        return (is_english and self.name_en) or self.name or self.key

    def as_terms(self) -> programs.RuleTerms:
        """The same as plain values, for the policies."""
        return programs.RuleTerms(
            key=self.key,
            name=self.name,
            name_en=self.name_en,
            trigger=str(self.trigger),
            code=self.code,
            effect=str(self.effect),
            combine=str(self.combine),
            is_multiplied=self.is_multiplied,
            points=self.points,
            yuan=self.yuan,
            factor=self.factor,
            bands=self.bands,
            conditions=self.conditions,
            limits=self.limits,
            validity=self.validity,
            timing=self.timing,
        )
