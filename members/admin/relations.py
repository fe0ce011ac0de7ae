"""Relatives and friends in the back office: looked at, parted when need be, and the limits."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from members import selectors
from members.admin.base import MEMBERS_FOUND_MAX, ReadOnlyAdmin
from members.models import Relation, RelationSettings
from stores.admin.base import OneRowAdmin


@admin.register(Relation)
class RelationAdmin(ReadOnlyAdmin):
    list_display = ("first", "second", "kind", "bound_at", "ended_at")
    list_select_related = ("first", "second")
    list_filter = ("kind",)
    search_fields = ("pk",)
    ordering = ("-pk",)
    fields = (
        "first",
        "second",
        "kind",
        "invited_by",
        "invited_at",
        "bound_at",
        "ended_at",
        "ended_by",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Relation], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        found = selectors.found_by(search_term).values_list("pk", flat=True)[:MEMBERS_FOUND_MAX]
        ids = list(found)
        one_of = queryset.filter(first_id__in=ids) | queryset.filter(second_id__in=ids)
        return one_of, False


@admin.register(RelationSettings)
class RelationSettingsAdmin(OneRowAdmin):
    fields = ("relations_max", "new_per_month")
