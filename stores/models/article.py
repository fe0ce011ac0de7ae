"""Articles: what the tills sell. The rewards of a mall are something else."""

from typing import Any

from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stores import policies


class _HasLabel(models.Func):
    """Whether the list of labels contains one, on either database."""

    output_field = models.BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="EXISTS (SELECT 1 FROM json_each(%(expressions)s)",
            arg_joiner=") WHERE json_each.value = ",
            **context,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" ? ", **context
        )


class ArticleQuerySet(models.QuerySet["Article"]):
    def labelled(self, label: str) -> "ArticleQuerySet":
        """Those with this label."""
        return self.filter(_HasLabel("labels", Cast(models.Value(label), models.TextField())))


class Article(models.Model):
    """An article by the number that the tills use for it, with what earning rules ask about."""

    class Label(models.TextChoices):
        """Labels that most merchants need; they may write others."""

        SPECIAL = "special", _("special offer")
        NEW = "new", pgettext_lazy("article", "new")
        GIFT_CARD = "gift_card", _("gift card")
        HIGH_MARGIN = "high_margin", _("high margin")

    sku = models.CharField(_("article number"), max_length=policies.SKU_LENGTH, unique=True)
    name = models.CharField(_("name"), max_length=policies.NAME_LENGTH)
    category = models.ForeignKey(
        "stores.Category",
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
    )
    brand = models.CharField(_("brand"), max_length=policies.BRAND_LENGTH, blank=True)
    labels = models.JSONField(_("labels"), default=list, blank=True)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def __str__(self) -> str:
        return self.name
