"""The RFM analysis in the back office: the table, the groups, and what the merchant sets."""

from dataclasses import asdict
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from insights import tasks
from insights.forms.rfm import FIELDS, RfmSettingsForm
from insights.models import RfmRun, RfmSettings
from insights.policies import rfm as arithmetic
from insights.policies.rfm import Thresholds
from insights.selectors import rfm as selecting
from insights.selectors import rfm_table
from insights.services import rfm
from members.admin.base import ReadOnlyAdmin, note, posted
from members.models import Member, Segment
from stores.exceptions import Refusal
from stores.tasks import send


class Column(NamedTuple):
    """One set of thresholds, and how many members each group would have by it."""

    title: str
    thresholds: Thresholds
    groups: list[rfm_table.Group]


@admin.register(RfmRun)
class RfmRunAdmin(ReadOnlyAdmin):
    """One page instead of a list: what the last night found."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("settings/", view(self.settings_view), name="insights_rfm_settings"),
            path("run/", view(require_POST(self.run_view)), name="insights_rfm_run"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = selecting.newest()
        codes = Segment.objects.filter(kind=Segment.Kind.RFM).values_list("code", "pk")
        running = RfmRun.objects.filter(state=RfmRun.State.RUNNING).order_by("-pk").first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("RFM analysis"),
            "run": run,
            "running": running,
            "table": rfm_table.of_run(run) if run is not None else None,
            "segments": dict(codes),
            "thresholds": selecting.settings(),
            "may_set": request.user.has_perm("insights.change_rfmsettings"),
        }
        return TemplateResponse(request, "admin/insights/rfm.html", context)

    def run_view(self, request: HttpRequest) -> HttpResponse:
        """Work it out now: at once in a small shop, by a job in a large one."""
        if not request.user.has_perm("insights.change_rfmsettings"):
            raise PermissionDenied
        if Member.objects.count() <= rfm.WINDOW:
            run = rfm.run_nightly(now=timezone.now())
            told = _("Worked out: %(count)s members changed their group.") % {"count": run.moved}
            messages.success(request, told)
        else:
            transaction.on_commit(lambda: send(tasks.compute_segments))
            messages.success(request, _("It has begun; look again in a few minutes."))
        return redirect("admin:insights_rfmrun_changelist")

    def settings_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("insights.change_rfmsettings"):
            raise PermissionDenied
        run, current = selecting.newest(), selecting.settings()
        day = run.as_of if run is not None else rfm.yesterday(timezone.now())
        proposal = selecting.proposal(current.thresholds(), day)
        data = posted(request)
        initial = asdict(proposal) if "proposal" in request.GET else asdict(current.thresholds())
        form = RfmSettingsForm(data, initial=initial)
        is_valid = form.is_valid()
        if is_valid and data is not None and "_save" in data:
            answer = _save(request, form)
            if answer is not None:
                return answer
        columns = [_column(_("as it is set"), current.thresholds(), day)]
        columns.append(_column(_("proposed from your own figures"), proposal, day))
        if is_valid:
            columns.append(_column(_("as typed here"), form.thresholds(), day))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Groups of the RFM analysis"),
            "form": form,
            "columns": columns,
            "rows": _rows(columns),
            "run": run,
        }
        return TemplateResponse(request, "admin/insights/rfm_settings.html", context)


def _save(request: HttpRequest, form: RfmSettingsForm) -> HttpResponse | None:
    try:
        with transaction.atomic():
            row = rfm.change_settings(thresholds=form.thresholds())
            said = ", ".join(f"{name}={getattr(row, name)}" for name in FIELDS)
            note(request, row, said)
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None
    messages.success(request, _("Saved. It acts with the next analysis: tonight, or now."))
    return redirect("admin:insights_rfmrun_changelist")


def _column(title: str, thresholds: Thresholds, day: Any) -> Column:
    found = selecting.groups(arithmetic.limits(thresholds, day))
    return Column(title, thresholds, rfm_table.groups_of(found))


def _rows(columns: list[Column]) -> list[tuple[str, list[Any]]]:
    """The columns' thresholds and counts, row by row."""
    labels = {field.name: field.verbose_name for field in RfmSettings._meta.fields}
    rows: list[tuple[str, list[Any]]] = [
        (str(labels[name]), [getattr(column.thresholds, name) for column in columns])
        for name in FIELDS
    ]
    for place, group in enumerate(columns[0].groups):
        found = [column.groups[place] for column in columns]
        rows.append((group.name, [f"{one.members:,} · {one.share} %" for one in found]))
    return rows
