"""Shelves, categories and the settings of the mall in the back office."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from mall.models import MallSettings, RewardCategory, Shelf
from mall.services import search
from stores.admin.base import OneRowAdmin


class _Named(ModelAdmin):
    """Something with a code that stays: addresses and mini-programs name it."""

    ordering = ("position", "pk")
    search_fields = ("code", "name", "name_en")
    list_editable = ("position", "is_on")
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # It can be hidden; rewards stand on it.
        return False


@admin.register(Shelf)
class ShelfAdmin(_Named):
    list_display = ("name", "name_en", "code", "level", "position", "is_on")
    list_select_related = ("level",)
    fields = (("name", "name_en"), "code", ("words", "words_en"), "level", ("position", "is_on"))


@admin.register(RewardCategory)
class RewardCategoryAdmin(_Named):
    list_display = ("name", "name_en", "code", "position", "is_on")
    fields = (("name", "name_en"), "code", ("position", "is_on"))

    def save_model(
        self, request: HttpRequest, obj: RewardCategory, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and {"name", "name_en"} & set(form.changed_data):
            search.index_category(category_id=obj.pk)


@admin.register(MallSettings)
class MallSettingsAdmin(OneRowAdmin):
    fields = (
        "is_open",
        "target_margin",
        "unpaid_minutes",
        ("confirm_within_hours", "ship_within_hours"),
        "complete_after_days",
    )
