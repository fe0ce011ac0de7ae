"""The jobs in the back office: where each stands, a run by hand, and the record of all runs."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from stores.models import JobRun, JobState
from stores.policies.schedules import Job
from stores.selectors import jobs, labels
from stores.services import schedule
from stores.tasks import run_job, send


@admin.register(JobState)
class JobStateAdmin(ModelAdmin):
    """One page instead of a list: every job of the schedule."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.run_view))
        return [path("<slug:name>/run/", view, name="stores_jobstate_run"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = jobs.overview(timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Jobs"),
            "lines": lines,
            "late": [line for line in lines if line.is_late],
            "failed": [line for line in lines if line.is_failed],
            "may_run": request.user.has_perm("stores.run_job"),
            "is_moving": any(
                line.is_asked_for or (line.is_running and not line.job.is_interval)
                for line in lines
            ),
        }
        return TemplateResponse(request, "admin/stores/jobs.html", context)

    def run_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask for a run; a row says so, and a worker is told to look now if one can be reached."""
        if not request.user.has_perm("stores.run_job"):
            raise PermissionDenied
        job = jobs.registered().get(name)
        if job is None or not job.by_hand:
            raise Http404
        label = labels.job(job.code)
        if not _ask(request, job):
            messages.info(request, _("%(job)s: a run is already asked for.") % {"job": label})
        elif send(run_job, job.name):
            messages.success(request, _("%(job)s: it starts now.") % {"job": label})
        else:
            told = _("%(job)s: it starts as soon as the workers can be reached.")
            messages.warning(request, told % {"job": label})
        return redirect("admin:stores_jobstate_changelist")


def _ask(request: HttpRequest, job: Job) -> bool:
    """Ask, and leave the staff's audit row in the same transaction; False for a repeat."""
    with transaction.atomic():
        actor = f"staff:{request.user.pk}"
        if not schedule.ask(name=job.name, actor=actor, now=timezone.now()):
            return False
        row = JobState.objects.get(name=job.name)
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type_id=ContentType.objects.get_for_model(row).pk,
            object_id=str(row.pk),
            object_repr=job.name,
            action_flag=CHANGE,
            change_message=_("Asked for a run of the job by hand."),
        )
    return True


class JobFilter(admin.SimpleListFilter):
    """The jobs that there are, by what they do; asks the database nothing."""

    title = gettext_lazy("job")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return labels.jobs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(JobRun)
class JobRunAdmin(ModelAdmin):
    list_display = (
        "started_at",
        "job",
        "state_label",
        "took",
        "done",
        "total",
        "actor",
        "finished_at",
    )
    list_filter = ("state", JobFilter)
    ordering = ("-started_at",)
    list_per_page = 50
    show_full_result_count = False
    paginator = InfinitePaginator
    fields = (
        "job",
        "state",
        "started_at",
        "finished_at",
        "took",
        "done",
        "total",
        "slot_at",
        "actor",
        "detail",
        "error",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(
        description=gettext_lazy("state"),
        label={
            JobRun.State.RUNNING: "info",
            JobRun.State.DONE: "success",
            JobRun.State.FAILED: "danger",
            JobRun.State.INTERRUPTED: "warning",
        },
    )
    def state_label(self, run: JobRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=gettext_lazy("job"), ordering="name")
    def job(self, run: JobRun) -> str:
        return labels.job(run.name)

    @display(description=gettext_lazy("duration"))
    def took(self, run: JobRun) -> str:
        return f"{run.duration.total_seconds():.1f} s"
