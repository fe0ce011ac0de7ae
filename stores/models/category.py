"""Categories of goods (品类): a tree of the merchant's own making."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stores import policies


class Category(models.Model):
    """A branch of the tree. Rules name it by `code`, which therefore never changes."""

    code = models.CharField(_("category code"), max_length=policies.CODE_LENGTH, unique=True)
    name = models.CharField(_("name"), max_length=policies.NAME_LENGTH)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent category"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name
