"""Members with their points from a former system: rehearse a file, then import it for real."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from members.admin.base import ReadOnlyAdmin, posted, service_page
from points import tasks
from points.admin.actors import ListsActors
from points.forms import OpeningForm
from points.models import OpeningImport, OpeningIssue
from points.services.openings import columns, reports, uploads
from stores.tasks import send

_STATES = {
    OpeningImport.State.QUEUED: "info",
    OpeningImport.State.READING: "info",
    OpeningImport.State.POSTING: "info",
    OpeningImport.State.DONE: "success",
    OpeningImport.State.REFUSED: "danger",
    OpeningImport.State.FAILED: "danger",
}
_LINK = '<a class="text-primary-600 underline mr-4" href="{}">{}</a>'


@admin.register(OpeningImport)
class OpeningImportAdmin(ListsActors):
    list_display = (
        "started_at",
        "file_name",
        "state_label",
        "progress",
        "members_new",
        "members_known",
        "lots_new",
        "points_new",
        "rows_refused",
        "actor_name",
    )
    list_filter = ("state", "is_dry_run")
    list_select_related = ("store",)
    ordering = ("-started_at",)
    fields = (
        ("file_name", "store"),
        ("state", "progress"),
        "refusal",
        "next_step",
        ("started_at", "finished_at"),
        ("heartbeat_at", "actor_name"),
        ("is_dry_run", "are_new"),
        ("rows_read", "rows_refused"),
        "refused_links",
        ("members_new", "members_known"),
        ("lots_new", "points_new"),
        ("lots_known", "points_known"),
        ("lots_lapsed", "points_lapsed"),
        "unused",
        "kept_file",
        "fingerprint",
    )
    actions_detail = ("perform",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("points.add_openingimport")

    def has_perform_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        if not self.has_add_permission(request):
            return False
        run = OpeningImport.objects.filter(pk=object_id).first() if object_id else None
        return run is None or uploads.is_rehearsed(run)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/report/", wrap(self.report_view), name="points_openingimport_report"),
            path(
                "template/<str:language>/",
                wrap(self.template_view),
                name="points_openingimport_template",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def call(data: dict[str, Any]) -> tuple[OpeningImport, str]:
            run = uploads.enqueue(
                upload=data["file"],
                name=data["file"].name,
                store=data["store"],
                are_new=data["are_new"],
                is_dry_run=data["is_dry_run"],
                actor=request.user.get_username()[:64],
                now=timezone.now(),
            )
            _begin(run)
            return run, _("The file is queued. Its progress is in this list.")

        return service_page(
            self,
            request,
            form=OpeningForm(posted(request), request.FILES or None),
            title=_("Import members with their points"),
            submit=_("Hand in"),
            call=call,
            back=reverse("admin:points_openingimport_changelist"),
            template="admin/points/opening_form.html",
            shown={"languages": columns.LANGUAGES},
        )

    @action(
        description=gettext_lazy("Import for real"),
        url_path="perform",
        permissions=["perform"],
        icon="play_arrow",
    )
    def perform(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        rehearsal = get_object_or_404(OpeningImport, pk=object_id)

        def call(_data: dict[str, Any]) -> tuple[OpeningImport, str]:
            run = uploads.perform(
                rehearsal_id=rehearsal.pk,
                actor=request.user.get_username()[:64],
                now=timezone.now(),
            )
            _begin(run)
            return run, _("The file is queued. Its progress is in this list.")

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=_("Import %(file)s for real") % {"file": rehearsal.file_name},
            submit=_("Import for real"),
            call=call,
            back=reverse("admin:points_openingimport_changelist"),
            template="admin/points/opening_perform.html",
            shown={"run": rehearsal},
        )

    def report_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        run = get_object_or_404(OpeningImport, pk=pk)
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        return StreamingHttpResponse(
            reports.lines(run),
            content_type="text/csv; charset=utf-8",
            headers=_attached(f"refused-members-{run.pk}.csv"),
        )

    def template_view(self, request: HttpRequest, language: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if language not in columns.LANGUAGES:
            raise Http404
        return HttpResponse(
            reports.template(language),
            content_type="text/csv; charset=utf-8",
            headers=_attached(f"members-{language}.csv"),
        )

    @display(description=gettext_lazy("state"), label=_STATES)
    def state_label(self, run: OpeningImport) -> tuple[str, str]:
        if run.is_dry_run:
            # Its counts say what would have happened; the same file taken in stands beside it.
            return run.state, _("dry run: %(state)s") % {"state": run.get_state_display()}
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("progress"))
    def progress(self, run: OpeningImport) -> str:
        if run.percent is None:
            return _("%(rows)s rows read") % {"rows": number_format(run.rows_read)}
        return f"{run.percent} %"

    @display(description=gettext_lazy("next step"))
    def next_step(self, run: OpeningImport) -> str:
        if not uploads.is_rehearsed(run):
            return "–"
        done = OpeningImport.objects.filter(rehearsal=run).first()
        if done is not None:
            page = reverse("admin:points_openingimport_change", args=[done.pk])
            return format_html(_LINK, page, _("Imported for real"))
        page = reverse("admin:points_openingimport_perform", args=[run.pk])
        return format_html(_LINK, page, _("Import for real"))

    @display(description=gettext_lazy("columns that were not used"))
    def unused(self, run: OpeningImport) -> str:
        return format_html_join(", ", "{}", ((name,) for name in run.unused_columns)) or "–"

    @display(description=gettext_lazy("uploaded file"))
    def kept_file(self, run: OpeningImport) -> str:
        facts = {"days": settings.UPLOADED_RECEIPTS_KEPT_DAYS}
        if run.file:
            return _("Kept here until %(days)s days after the end of the import") % facts
        return _("Not here; uploaded files are deleted %(days)s days after their import") % facts

    @display(description=gettext_lazy("SHA-256 of the file"))
    def fingerprint(self, run: OpeningImport) -> str:
        return format_html('<span class="break-all">{}</span>', run.sha256)

    @display(description=gettext_lazy("refused rows"))
    def refused_links(self, run: OpeningImport) -> str:
        if not run.rows_refused:
            return "–"
        issues = f"{reverse('admin:points_openingissue_changelist')}?run__id__exact={run.pk}"
        report = reverse("admin:points_openingimport_report", args=[run.pk])
        parts = format_html(_LINK, issues, _("Look at them"))
        return parts + format_html(_LINK, report, _("Download as CSV"))


@admin.register(OpeningIssue)
class OpeningIssueAdmin(ReadOnlyAdmin):
    list_display = ("row", "column", "value", "code", "reason", "run")
    list_select_related = ("run",)
    ordering = ("-run", "row", "pk")
    fields = ("run", "row", "column", "value", "code", "reason")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Part of its import, and seen by whoever sees that.
        return request.user.has_perm("points.view_openingimport")

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Reached from its import; by itself, in the sidebar, it says nothing.
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "run__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description=gettext_lazy("reason"))
    def reason(self, issue: OpeningIssue) -> str:
        return reports.sentence(issue)


def _begin(run: OpeningImport) -> None:
    # Should the message be lost, a sweep finds the row.
    transaction.on_commit(lambda: send(tasks.run_opening_import, run.pk))


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
