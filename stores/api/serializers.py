"""What the API takes and gives about goods."""

from typing import Any

from rest_framework import serializers

from stores import policies
from stores.models import Article
from stores.services.goods import ArticleRow, CategoryRow

BATCH_MAX = 500


class CategoryRowSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=policies.CODE_LENGTH)
    name = serializers.CharField(max_length=policies.NAME_LENGTH)
    parent = serializers.CharField(  # type: ignore[assignment]  # the row's, not DRF's own
        max_length=policies.CODE_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Code of the category above, which may follow further down; empty for a root.",
    )


class ArticleRowSerializer(serializers.Serializer[Any]):
    """The whole article: what is left out is emptied."""

    sku = serializers.CharField(max_length=policies.SKU_LENGTH, help_text="As on receipts.")
    name = serializers.CharField(max_length=policies.NAME_LENGTH)
    category = serializers.CharField(
        max_length=policies.CODE_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Code of a category that is there.",
    )
    brand = serializers.CharField(
        max_length=policies.BRAND_LENGTH, required=False, allow_blank=True, default=""
    )
    labels = serializers.ListField(
        child=serializers.CharField(max_length=policies.LABEL_LENGTH),
        required=False,
        default=list,
        max_length=policies.LABELS_MAX,
        help_text="Such as special, new, gift_card, high_margin, or your own; kept in lower case.",
    )


class CategoryBatchSerializer(serializers.Serializer[Any]):
    categories = serializers.ListField(
        child=serializers.DictField(),
        allow_empty=False,
        max_length=BATCH_MAX,
        help_text="Rows with code, name and parent. Each is taken or refused by itself.",
    )


class ArticleBatchSerializer(serializers.Serializer[Any]):
    articles = serializers.ListField(
        child=serializers.DictField(),
        allow_empty=False,
        max_length=BATCH_MAX,
        help_text="Rows with sku, name, category, brand and labels. Each is taken or refused by "
        "itself, and says its whole article.",
    )


def category_row(data: dict[str, Any]) -> CategoryRow:
    return CategoryRow(data["code"], data["name"], data["parent"])


def article_row(data: dict[str, Any]) -> ArticleRow:
    return ArticleRow(
        data["sku"], data["name"], data["category"], data["brand"], tuple(data["labels"])
    )


class RowResultSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField(help_text="201 new, 200 changed or the same, or an error.")
    key = serializers.CharField(help_text="The row's code or article number.")
    state = serializers.ChoiceField(choices=("new", "changed", "same", "refused"))
    error = serializers.DictField(required=False, help_text="code, message and field")


class RowResultsSerializer(serializers.Serializer[Any]):
    results = RowResultSerializer(many=True)


class ArticleSerializer(serializers.ModelSerializer[Article]):
    category = serializers.CharField(
        source="category.code", default=None, allow_null=True, read_only=True
    )
    labels = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Article
        fields = ("sku", "name", "category", "brand", "labels")
        read_only_fields = fields


class ArticleQuery(serializers.Serializer[Any]):
    """What the list of articles can be narrowed by."""

    sku = serializers.CharField(required=False, max_length=policies.SKU_LENGTH)
    category = serializers.CharField(
        required=False, max_length=policies.CODE_LENGTH, help_text="With everything below it."
    )
    label = serializers.CharField(  # type: ignore[assignment]  # the article's, not DRF's own
        required=False, max_length=policies.LABEL_LENGTH
    )
