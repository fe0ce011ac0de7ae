"""The settlement between stores in the back office: one page per month, and the same as CSV."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights.models import StoreSettlement
from insights.selectors import settlement
from insights.selectors.settlement import Settlement
from members.admin.base import ReadOnlyAdmin


@admin.register(StoreSettlement)
class StoreSettlementAdmin(ReadOnlyAdmin):
    """One page instead of a list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.csv_view))
        return [path("csv/", view, name="insights_settlement_csv"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        found = self._found(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Settlement between stores"),
            "found": found,
            "months": settlement.months(timezone.now()),
        }
        return TemplateResponse(request, "admin/insights/settlement.html", context)

    def csv_view(self, request: HttpRequest) -> StreamingHttpResponse:
        found = self._found(request)
        answer = StreamingHttpResponse(
            settlement.csv_lines(found), content_type="text/csv; charset=utf-8"
        )
        name = f"settlement-{found.month:%Y-%m}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def _found(self, request: HttpRequest) -> Settlement:
        """Of the month that the address names; the last whole one when it names none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        offered = settlement.months(timezone.now())
        asked = request.GET.get("month", "")
        month = next((one for one in offered if f"{one:%Y-%m}" == asked), None)
        if asked and month is None:
            raise Http404
        return settlement.of_month(month or _last_whole(offered))


def _last_whole(offered: list[date]) -> date:
    return offered[1]
