"""Stores, the keys of their machines, and the runs of the jobs."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.widgets import UnfoldAdminTextInputWidget

from stores.models import ApiKey, JobRun, Store
from stores.selectors import goods, labels
from stores.services import api_keys

# Lines of business that merchants have; any other text will do.
_USUAL_BUSINESSES = (_("retail"), _("dining"), _("rooms"), _("meetings"))


class BusinessWidget(UnfoldAdminTextInputWidget):
    """A text with suggestions: the usual lines of business, and those of the other stores."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{name}-suggestions"
        field = super().render(name, value, (attrs or {}) | {"list": listed}, renderer)
        texts = dict.fromkeys([*map(str, _USUAL_BUSINESSES), *goods.known_businesses()])
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in texts))
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class StoreForm(forms.ModelForm[Store]):
    class Meta:
        model = Store
        fields = ("code", "name", "ownership", "business", "time_zone", "is_active")
        widgets = {"business": BusinessWidget}

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."), code="unknown_zone")
        return zone


@admin.register(Store)
class StoreAdmin(ModelAdmin):
    form = StoreForm
    list_display = ("code", "name", "ownership", "business", "time_zone", "is_active")
    list_filter = ("ownership", "is_active")
    search_fields = ("code", "name")
    ordering = ("code",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Receipts and points name their store for ever; a closed one is made inactive.
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("name", "store", "prefix", "is_active", "created_at", "last_used_at")
    list_filter = ("is_active", "store")
    list_select_related = ("store",)
    ordering = ("-pk",)
    fields = (
        "store",
        "name",
        "may_read_segments",
        "is_active",
        "prefix",
        "created_at",
        "last_used_at",
    )
    readonly_fields = ("prefix", "created_at", "last_used_at")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else ("store", "name", "may_read_segments")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return ("store", *self.readonly_fields) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A withdrawn key stays, so that its receipts still say which machine sent them.
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued = api_keys.issue(
            store=obj.store,
            name=obj.name,
            may_read_segments=obj.may_read_segments,
            now=timezone.now(),
        )
        obj.pk, obj.prefix = issued.key.pk, issued.key.prefix
        request.issued_secret = issued.secret  # type: ignore[attr-defined]  # for response_add

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this one answer: it goes into no message, cookie or log."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The key of %(name)s") % {"name": obj.name},
            "key": obj,
            "secret": request.issued_secret,  # type: ignore[attr-defined]  # set in save_model
        }
        response = TemplateResponse(request, "admin/api_key_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response


class JobFilter(admin.SimpleListFilter):
    """The jobs that there are, by what they do; asks the database nothing."""

    title = _("job")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return labels.jobs()

    def queryset(self, request: HttpRequest, queryset: QuerySet[JobRun]) -> QuerySet[JobRun]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(JobRun)
class JobRunAdmin(ModelAdmin):
    list_display = ("started_at", "job", "state_label", "took", "done", "total", "finished_at")
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
        description=_("state"),
        label={
            JobRun.State.RUNNING: "info",
            JobRun.State.DONE: "success",
            JobRun.State.FAILED: "danger",
            JobRun.State.INTERRUPTED: "warning",
        },
    )
    def state_label(self, run: JobRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("job"), ordering="name")
    def job(self, run: JobRun) -> str:
        return labels.job(run.name)

    @display(description=_("duration"))
    def took(self, run: JobRun) -> str:
        return f"{run.duration.total_seconds():.1f} s"
