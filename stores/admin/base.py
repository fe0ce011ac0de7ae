"""Lists over tables that may be big."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
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
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList
