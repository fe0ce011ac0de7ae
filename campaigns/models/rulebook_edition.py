"""What the rules page said, from when on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RulebookEdition(models.Model):
    """The rules page of one version as members could read it; immutable, which triggers guard.

    Revision 0 comes with the version. Another one follows when what the page says changes while
    the version stays: the ledger's settings, or the name of a store.
    """

    version = models.ForeignKey(
        "campaigns.EarningRuleVersion",
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        related_name="editions",
    )
    revision = models.PositiveIntegerField(_("revision"), default=0)
    since = models.DateTimeField(_("in force from"))
    content = models.JSONField(_("clauses"))
    preface = models.TextField(_("preface of the rules page"), blank=True)
    preface_en = models.TextField(_("preface in English"), blank=True)
    # Of everything above: a new edition is made when it changes, and only then.
    mark = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("edition of the rules page")
        verbose_name_plural = _("editions of the rules page")
        constraints = [
            models.UniqueConstraint(fields=["version", "revision"], name="campaigns_edition_once"),
            models.CheckConstraint(name="campaigns_edition_marked", condition=~Q(mark="")),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """`v7`, `v7.1`: what it is called and found by."""
        number = f"v{self.version.number}"
        return f"{number}.{self.revision}" if self.revision else number
