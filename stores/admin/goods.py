"""Categories and articles in the back office, by the same rules as at the API."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from stores import policies
from stores.admin.base import BoundedAdmin
from stores.exceptions import GoodsRefused
from stores.models import Article, Category
from stores.selectors import goods as known
from stores.services import goods


def _text(data: dict[str, Any], field: str, limit: int) -> str:
    text = str(data[field]).strip()
    fault = policies.text_fault(text, limit)
    if fault is not None:
        raise forms.ValidationError(str(GoodsRefused(fault, field=field, limit=limit)))
    return text


class CategoryForm(forms.ModelForm[Category]):
    class Meta:
        model = Category
        fields = ("code", "name", "parent")

    def clean_code(self) -> str:
        return _text(self.cleaned_data, "code", policies.CODE_LENGTH)

    def clean_name(self) -> str:
        return _text(self.cleaned_data, "name", policies.NAME_LENGTH)

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        code = self.instance.code or self.cleaned_data.get("code")
        if parent is not None and code:
            try:
                # The page runs in one transaction: the tree stays locked until it is saved.
                goods.check_parent(code=code, parent=parent.code)
            except GoodsRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return parent


@admin.register(Category)
class CategoryAdmin(BoundedAdmin):
    form = CategoryForm
    list_display = ("code", "name", "parent")
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    ordering = ("code",)
    autocomplete_fields = ("parent",)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> tuple[str, ...]:
        # Rules and tills name the category by its code.
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A rule that names it would match nothing any more; it can be renamed and moved.
        return False


class ArticleForm(forms.ModelForm[Article]):
    labels = forms.MultipleChoiceField(
        label=_("Labels"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    more_labels = forms.CharField(
        label=_("Further labels"),
        required=False,
        help_text=_("Your own, separated by commas."),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = Article
        fields = ("sku", "name", "category", "brand", "labels")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "labels" in self.fields:  # who may only look has no fields
            self.fields["labels"].choices = known.known_labels()  # type: ignore[attr-defined]  # a choice

    def clean_sku(self) -> str:
        return _text(self.cleaned_data, "sku", policies.SKU_LENGTH)

    def clean_name(self) -> str:
        return _text(self.cleaned_data, "name", policies.NAME_LENGTH)

    def clean_brand(self) -> str:
        return _text(self.cleaned_data, "brand", policies.BRAND_LENGTH)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        more = policies.split_labels(data.get("more_labels", ""))
        data["labels"] = policies.labels([*data.get("labels", ()), *more])
        refusal = goods.labels_refusal(data["labels"])
        if refusal is not None:
            self.add_error("more_labels", str(refusal))
        return data


class CategoryFilter(admin.SimpleListFilter):
    """A category with everything below it."""

    title = _("category")
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return known.known_categories()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        code = self.value()
        if not code:
            return queryset
        return queryset.filter(category__code__in=known.tree().below(code))


class LabelFilter(admin.SimpleListFilter):
    title = _("label")
    parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return known.known_labels()

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Article]:
        value = self.value()
        found: QuerySet[Article] = queryset.labelled(value) if value else queryset
        return found


@admin.register(Article)
class ArticleAdmin(BoundedAdmin):
    form = ArticleForm
    list_display = ("sku", "name", "category", "brand", "label_names")
    list_select_related = ("category",)
    list_filter = (CategoryFilter, LabelFilter)
    search_fields = ("sku", "name", "brand")
    ordering = ("sku",)
    autocomplete_fields = ("category",)

    def get_fields(self, request: HttpRequest, obj: Article | None = None) -> tuple[str, ...]:
        told = ("sku", "name", "category", "brand")
        if obj is None or self.has_change_permission(request, obj):
            return (*told, "labels", "more_labels")
        return (*told, "label_names")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Article | None = None
    ) -> tuple[str, ...]:
        # The tills name the article by its number.
        return ("sku", "label_names") if obj else ()

    @display(description=_("labels"))
    def label_names(self, article: Article) -> str:
        return ", ".join(known.label_name(label) for label in article.labels) or "–"
