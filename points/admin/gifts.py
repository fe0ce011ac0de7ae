"""Gifts of points in the back office: looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from members import selectors
from members.admin.base import MEMBERS_FOUND_MAX, ReadOnlyAdmin
from points.models import Gift


@admin.register(Gift)
class GiftAdmin(ReadOnlyAdmin):
    list_display = ("giver", "receiver", "points", "words", "given_at")
    list_select_related = ("giver", "receiver")
    search_fields = ("pk",)
    ordering = ("-pk",)
    fields = ("giver", "receiver", "points", "words", "given_at", "out_entry", "in_entry")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Gift], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        ids = list(selectors.found_by(search_term).values_list("pk", flat=True)[:MEMBERS_FOUND_MAX])
        return queryset.filter(Q(giver_id__in=ids) | Q(receiver_id__in=ids)), False
