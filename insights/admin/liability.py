"""The points liability in the back office: a period, its tables, and the journal as a file."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights.forms.liability import LiabilityForm
from insights.models import LiabilitySettings, LiabilitySnapshot
from insights.selectors import liability, liability_table
from insights.selectors.liability import Report
from members.admin.base import ReadOnlyAdmin, note
from stores.admin.base import OneRowAdmin


@admin.register(LiabilitySettings)
class LiabilitySettingsAdmin(OneRowAdmin):
    fieldsets = (
        (None, {"fields": ("worth",)}),
        (
            _("Expected use"),
            {"fields": ("least_months", "least_points", "prior_percent", "prior_source")},
        ),
        (
            _("Accounts of the journal"),
            {
                "fields": (
                    ("liability_account", "liability_name"),
                    ("revenue_account", "revenue_name"),
                    ("provision_account", "provision_name"),
                    ("expense_account", "expense_name"),
                )
            },
        ),
    )


@admin.register(LiabilitySnapshot)
class LiabilityAdmin(ReadOnlyAdmin):
    """One page instead of a list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("csv/", view(require_safe(self.csv_view)), name="insights_liability_csv"),
            path("journal/", view(require_safe(self.journal_view)), name="insights_journal"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        data = request.GET if "first" in request.GET else _last_month()
        form = LiabilityForm(data, today=timezone.localdate())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Points liability"),
            "form": form,
            "may_export": request.user.has_perm("insights.export_liability"),
            "may_set": request.user.has_perm("insights.change_liabilitysettings"),
            **(_shown(form) if form.is_valid() else {}),
        }
        return TemplateResponse(request, "admin/insights/liability.html", context)

    def csv_view(self, request: HttpRequest) -> StreamingHttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = _asked(request)
        return _file(liability_table.csv_lines(report), f"liability-{report.last}.csv")

    def journal_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The journal leaves an audit row: it goes into the books of the company."""
        if not request.user.has_perm("insights.export_liability"):
            raise PermissionDenied
        report, accounts = _asked(request), liability.settings()
        told = _("Downloaded the journal of %(first)s to %(last)s.")
        note(request, accounts, told % {"first": report.first, "last": report.last})
        lines = liability_table.journal_lines(report, accounts)
        return _file(lines, f"journal-{report.last}.csv")


def _last_month() -> dict[str, str]:
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {"first": f"{last:%Y-%m-01}", "last": last.isoformat(), "store": ""}


def _asked(request: HttpRequest) -> Report:
    form = LiabilityForm(request.GET, today=timezone.localdate())
    if not form.is_valid():
        raise Http404
    return liability.report(form.cleaned_data["first"], form.cleaned_data["last"])


def _shown(form: LiabilityForm) -> dict[str, Any]:
    first: date = form.cleaned_data["first"]
    last: date = form.cleaned_data["last"]
    report = liability.report(first, last)
    store = form.cleaned_data["store"]
    parties = liability_table.parties(report)
    chosen = liability_table.stores_of(report) if store == "" else [int(store) or None]
    return {
        "report": report,
        "worth": liability_table.plain(report.closing.basis.worth),
        "rows": liability_table.rows(report, chosen),
        "parties": parties,
        "learned": liability_table.learned(report),
        "month_ends": liability_table.month_ends(until=last),
        "query": f"first={first}&last={last}",
        "width": liability_table.WIDTH,
        "height": liability_table.HEIGHT,
    }


def _file(lines: Any, name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
