"""Levels in the back office: the ladder as a whole, and what each level gives."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from members.admin.base import note, posted, service_page
from tiers.admin.ladder import ladder_page
from tiers.forms import BenefitForm
from tiers.models import Level, LevelBenefit
from tiers.selectors import benefits, pages
from tiers.services import giving


@admin.register(Level)
class LevelAdmin(ModelAdmin):
    """The list of levels; thresholds are changed on one page together, after a trial."""

    list_display = ("rank", "name", "name_en", "code", "reached_from", "kept_from", "members")
    list_display_links = ("name",)
    ordering = ("rank",)
    fields = ("code", "name", "name_en", "reached_from", "kept_from", "surface")
    readonly_fields = ("code", "reached_from", "kept_from")
    actions_list = ("edit_ladder",)
    change_form_outer_after_template = "admin/tiers/benefits.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # on the page of the ladder

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_ladder_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("tiers.change_level")

    def get_actions(self, request: HttpRequest) -> Any:
        return {}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        mine = [
            path("ladder/", wrap(self.ladder_view), name="tiers_level_ladder"),
            path(
                "<int:pk>/benefits/<slug:kind>/",
                wrap(self.benefit_view),
                name="tiers_level_benefit",
            ),
        ]
        theirs: list[URLPattern] = super().get_urls()
        return mine + theirs

    def get_queryset(self, request: HttpRequest) -> QuerySet[Level]:
        queryset: QuerySet[Level] = super().get_queryset(request)
        self._counts = pages.counts()
        return queryset

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        level = None if object_id is None else self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if level is not None and self.has_view_permission(request, level):
            now = timezone.now()
            own = {row.kind: row for row in LevelBenefit.objects.filter(level=level)}
            shown = {
                "kinds": [(kind, own.get(kind.code)) for kind in benefits.kinds()],
                "by_rules": [
                    one for one in benefits.told([level], at=now)[level.code] if one.kind not in own
                ],
                "links": benefits.links_of(level.code),
                "may_edit": request.user.has_perm("tiers.change_level"),
            }
        answer: HttpResponse = super().changeform_view(
            request, object_id, form_url, (extra_context or {}) | shown
        )
        return answer

    @display(description=gettext_lazy("growth to reach it"))
    def reached_from(self, level: Level) -> str:
        return _("by invitation") if level.threshold is None else f"{level.threshold:,}"

    @display(description=gettext_lazy("growth to keep it"))
    def kept_from(self, level: Level) -> str:
        return "" if level.is_by_invitation else f"{level.step.keeps_from:,}"

    @display(description=gettext_lazy("members"))
    def members(self, level: Level) -> str:
        return f"{self._counts.get(level.pk, 0):,}"

    @action(
        description=gettext_lazy("Thresholds and rules"),
        url_path="to-ladder",
        permissions=["ladder"],
        icon="stairs",
    )
    def edit_ladder(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:tiers_level_ladder")

    def ladder_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_ladder_permission(request):
            raise PermissionDenied
        return ladder_page(self, request)

    def benefit_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        if not self.has_ladder_permission(request):
            raise PermissionDenied
        level, known = get_object_or_404(Level, pk=pk), benefits.kind(kind)
        if known is None:
            raise Http404
        row = LevelBenefit.objects.filter(level=level, kind=kind).first()
        back = reverse("admin:tiers_level_change", args=[level.pk])
        if row is not None and "_remove" in request.POST:
            giving.remove(level=level, kind=known)
            note(request, level, _("Removed: %(name)s.") % {"name": known.name})
            return HttpResponseRedirect(back)

        def call(data: dict[str, Any]) -> tuple[Model, str]:
            made = giving.put(level=level, kind=known, values=data)
            told = {"name": known.name, "text": benefits.wording(made)}
            return level, _("%(name)s: %(text)s") % told

        return service_page(
            self,
            request,
            form=BenefitForm(posted(request), kind=known, initial=row.params if row else None),
            title=_("%(level)s: %(benefit)s") % {"level": level.label, "benefit": known.name},
            submit=_("Save"),
            call=call,
            back=back,
            template="admin/tiers/benefit.html",
            shown={"kind": known, "row": row},
        )
