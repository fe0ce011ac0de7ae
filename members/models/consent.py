"""What a member agreed to, in which version, and when."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self) -> "ConsentQuerySet":
        """Given and not withdrawn."""
        return self.filter(withdrawn_at=None)


class Consent(models.Model):
    """The proof that the law asks for; rows are added, a withdrawal is a date on one of them.

    Who agrees again after a withdrawal gets a new row: what stood when stays readable.
    """

    class Purpose(models.TextChoices):
        TERMS = "terms", _("membership terms and privacy statement")
        MARKETING = "marketing", _("offers and news by message")
        PROFILING = "profiling", _("recommendations from my purchases")

    # The membership is a contract: without its terms there is nothing to run it by.
    NEEDED = frozenset({Purpose.TERMS})

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="consents",
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    version = models.CharField(_("version"), max_length=20)
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["member", "purpose", "version"],
                condition=models.Q(withdrawn_at=None),
                name="members_consent_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.version}"
