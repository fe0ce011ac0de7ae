"""Imports of files: hand one in, watch it, read what was refused and why."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from members.admin.base import ReadOnlyAdmin, service_page
from points.admin.actors import ListsActors
from sales import tasks
from sales.forms import UploadForm
from sales.models import ImportIssue, ImportRun
from sales.services import reports, uploads
from stores.tasks import send


@admin.register(ImportRun)
class ImportRunAdmin(ListsActors):
    list_display = (
        "started_at",
        "file_name",
        "store",
        "state_label",
        "progress",
        "receipts_new",
        "receipts_known",
        "receipts_refused",
        "rows_refused",
        "actor_name",
    )
    list_select_related = ("store",)
    list_filter = ("state", "store", "is_dry_run")
    ordering = ("-started_at",)
    fields = (
        ("file_name", "store"),
        "kept_file",
        ("state", "progress"),
        "refusal",
        ("started_at", "finished_at"),
        ("heartbeat_at", "actor_name"),
        ("is_dry_run", "create_members"),
        ("rows_read", "rows_refused"),
        "refused_links",
        ("receipts_total", "receipts_new"),
        ("receipts_known", "receipts_refused"),
        ("receipts_waiting", "receipts_unruled"),
        ("lines_new", "members_new"),
        ("points_earned", "points_clawed"),
        "sha256",
        "mapping_text",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sales.add_importrun")

    def get_urls(self) -> list[URLPattern]:
        report = path(
            "<int:pk>/report/",
            self.admin_site.admin_view(self.report_view),
            name="sales_importrun_report",
        )
        return [report, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)

        def call(data: dict[str, Any]) -> tuple[ImportRun, str]:
            run = uploads.enqueue(
                store=data["store"],
                upload=data["file"],
                name=data["file"].name,
                mapping_text=form.mapping_text(),
                create_members=data["create_members"],
                is_dry_run=data["is_dry_run"],
                actor=request.user.get_username()[:64],
                now=timezone.now(),
            )
            # Should the message be lost, a sweep finds the row.
            transaction.on_commit(lambda: send(tasks.run_import, run.pk))
            return run, _("The file is queued. Its progress is in this list.")

        return service_page(
            self,
            request,
            form=form,
            title=_("Import receipts from a file"),
            submit=_("Import"),
            call=call,
            back=reverse("admin:sales_importrun_changelist"),
        )

    def report_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        run = get_object_or_404(ImportRun, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        name = f"refused-rows-{run.pk}.csv"
        return StreamingHttpResponse(
            reports.lines(run, is_masked=not request.user.has_perm("members.view_phone")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @display(
        description=gettext_lazy("state"),
        label={
            ImportRun.State.QUEUED: "info",
            ImportRun.State.READING: "info",
            ImportRun.State.POSTING: "info",
            ImportRun.State.DONE: "success",
            ImportRun.State.REFUSED: "danger",
            ImportRun.State.FAILED: "danger",
        },
    )
    def state_label(self, run: ImportRun) -> tuple[str, str]:
        if run.is_dry_run:
            # Its counts say what would have happened; the same file taken in stands beside it.
            return run.state, _("dry run: %(state)s") % {"state": run.get_state_display()}
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("progress"))
    def progress(self, run: ImportRun) -> str:
        if run.percent is None:
            return _("%(rows)s rows read") % {"rows": run.rows_read}
        return f"{run.percent} %"

    @display(description=gettext_lazy("uploaded file"))
    def kept_file(self, run: ImportRun) -> str:
        facts = {"days": settings.UPLOADED_RECEIPTS_KEPT_DAYS}
        if run.file:
            return _("Kept here until %(days)s days after the end of the import") % facts
        # A file that was read where it lay, on the command line, was never here either.
        return _("Not here; uploaded files are deleted %(days)s days after their import") % facts

    @display(description=gettext_lazy("column mapping"))
    def mapping_text(self, run: ImportRun) -> str:
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', run.mapping)

    @display(description=gettext_lazy("refused rows"))
    def refused_links(self, run: ImportRun) -> str:
        if not run.rows_refused:
            return "–"
        link = '<a class="text-primary-600 underline mr-4" href="{}">{}</a>'
        issues = f"{reverse('admin:sales_importissue_changelist')}?run__id__exact={run.pk}"
        report = reverse("admin:sales_importrun_report", args=[run.pk])
        parts = format_html(link, issues, _("Look at them"))
        return parts + format_html(link, report, _("Download as CSV"))


@admin.register(ImportIssue)
class ImportIssueAdmin(ReadOnlyAdmin):
    list_select_related = ("run",)
    ordering = ("-run", "row", "pk")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("row", "number", "column", "code", self._reason_column(request), "run")

    def get_fields(self, request: HttpRequest, obj: ImportIssue | None = None) -> tuple[str, ...]:
        return ("run", "row", "number", "column", "code", self._reason_column(request))

    @staticmethod
    def _reason_column(request: HttpRequest) -> str:
        """A file names its customers by phone; its reasons repeat what they cannot find."""
        return "reason" if request.user.has_perm("members.view_phone") else "masked_reason"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Part of its import, and seen by whoever sees that.
        return request.user.has_perm("sales.view_importrun")

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Reached from its import; by itself, in the sidebar, it says nothing.
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description=gettext_lazy("reason"))
    def reason(self, issue: ImportIssue) -> str:
        return reports.sentence(issue)

    @display(description=gettext_lazy("reason"))
    def masked_reason(self, issue: ImportIssue) -> str:
        return reports.sentence(issue, is_masked=True)
