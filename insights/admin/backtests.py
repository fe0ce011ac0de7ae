"""Back-tests in the back office: ask for one, watch it, read what it found."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from campaigns.admin import versions
from campaigns.models import EarningRuleVersion
from insights import tasks
from insights.forms import BacktestForm
from insights.models import BacktestRun
from insights.selectors import reports
from insights.services import backtests
from members.admin.base import ReadOnlyAdmin, note, service_page
from stores.tasks import send


@admin.register(BacktestRun)
class BacktestRunAdmin(ReadOnlyAdmin):
    list_display = (
        "requested_at",
        "version",
        "live",
        "state_label",
        "progress",
        "change",
        "seconds",
    )
    list_select_related = ("version", "live")
    list_filter = ("state",)
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("insights.add_backtestrun")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/progress/", view(self.progress_view), name="insights_backtest_progress"),
            path("<int:pk>/cancel/", view(self.cancel_view), name="insights_backtest_cancel"),
            path("<int:pk>/csv/", view(self.csv_view), name="insights_backtest_csv"),
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"version": request.GET.get("version", ""), "days": 30}
        form = BacktestForm(request.POST or None, initial=initial)
        made: list[BacktestRun] = []

        def call(data: dict[str, Any]) -> tuple[BacktestRun, str]:
            run = self._request(request, form, data)
            made.append(run)
            # Should the message be lost, a sweep finds the row.
            transaction.on_commit(lambda: send(tasks.run_backtest, run.pk))
            return run, _("The back-test has begun.")

        answer = service_page(
            self,
            request,
            form=form,
            title=_("What would this draft have given for real purchases?"),
            submit=_("Back-test"),
            call=call,
            back=reverse("admin:insights_backtestrun_changelist"),
        )
        return HttpResponseRedirect(_address(made[0])) if made else answer

    def _request(
        self, request: HttpRequest, form: BacktestForm, data: dict[str, Any]
    ) -> BacktestRun:
        by = request.user if request.user.is_authenticated else None
        period = form.period()
        now = timezone.now()
        if period is None:
            return backtests.request_days(
                version=data["version"], days=data["days"], by=by, now=now
            )
        starts_at, ends_at = period
        return backtests.request(
            version=data["version"], starts_at=starts_at, ends_at=ends_at, by=by, now=now
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The report; with a bar while the run goes on."""
        run = self._run(request, object_id)
        report = reports.of_run(run)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Back-test of %(version)s") % {"version": run.version},
            "run": run,
            "report": report,
            "extremes": [
                (_("Most better off"), report.best),
                (_("Most worse off"), report.worst),
            ]
            if report
            else [],
            "is_stale": run.mark not in ("", run.version.tested_mark),
            "may_cancel": run.is_open and self.has_add_permission(request),
        }
        return TemplateResponse(request, "admin/insights/backtest.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        run = self._run(request, pk)
        return JsonResponse(
            {
                "percent": run.percent,
                "done": run.done,
                "total": run.total,
                "state": run.state,
                "open": run.is_open,
            }
        )

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self._run(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        return require_POST(self._cancel)(request, run)

    def _cancel(self, request: HttpRequest, run: BacktestRun) -> HttpResponse:
        if backtests.cancel(run_id=run.pk, now=timezone.now()):
            note(request, run, _("Cancelled."))
        return HttpResponseRedirect(_address(run))

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponse | StreamingHttpResponse:
        run = self._run(request, pk)
        report = reports.of_run(run)
        if report is None:
            return HttpResponseRedirect(_address(run))
        return StreamingHttpResponse(
            reports.csv_lines(report),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="backtest-{run.pk}.csv"'},
        )

    def _run(self, request: HttpRequest, pk: Any) -> BacktestRun:
        runs = BacktestRun.objects.select_related("version", "live", "requested_by")
        run = get_object_or_404(runs, pk=pk if str(pk).isdigit() else None)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return run

    @display(
        description=gettext_lazy("state"),
        label={
            BacktestRun.State.WAITING: "info",
            BacktestRun.State.RUNNING: "info",
            BacktestRun.State.DONE: "success",
            BacktestRun.State.FAILED: "danger",
            BacktestRun.State.CANCELLED: "warning",
        },
    )
    def state_label(self, run: BacktestRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("progress"))
    def progress(self, run: BacktestRun) -> str:
        return f"{run.percent} %"

    @display(description=gettext_lazy("difference in points"))
    def change(self, run: BacktestRun) -> str:
        return f"{run.result['total']['change']:+,}" if run.result else "–"


def _address(run: BacktestRun) -> str:
    return reverse("admin:insights_backtestrun_change", args=[run.pk])


def link_of(version: EarningRuleVersion, request: HttpRequest) -> tuple[str, str] | None:
    """The button on a draft's page."""
    if version.is_published or not request.user.has_perm("insights.add_backtestrun"):
        return None
    address = reverse("admin:insights_backtestrun_add")
    return _("Back-test on real purchases"), f"{address}?version={version.pk}"


versions.LINKS.append(link_of)
