"""Lists over tables that may be big, and settings that are one row."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList


class BoundedPaginator(Paginator[Any]):
    """Leafs through the first thousand rows and counts no further, however big the table.

    Whoever looks for more than that looks for something, and has search and filters.
    """

    COUNTED_MAX = 1000

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list[: self.COUNTED_MAX]  # type: ignore[assignment]  # a list is never given
        return rows.count()


class BoundedChangeList(ChangeList):
    """Says no number that was not counted: above the list, "1000 results" would be untrue."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class BoundedAdmin(ModelAdmin):
    """A list over a table that may be big: bounded, uncounted, never shown whole."""

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    paginator = BoundedPaginator
    list_before_template = "admin/bounded_list.html"
    actions: Sequence[str] | None = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList


class OneRowAdmin(ModelAdmin):
    """Settings that are one row: the list is the form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _made = self.model.objects.get_or_create(pk=1)
        meta = self.model._meta
        return redirect(f"admin:{meta.app_label}_{meta.model_name}_change", row.pk)
