"""Versions of the program: their settings, their rules in order, and what may be done with them."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from campaigns.admin import comparing, publishing, trying
from campaigns.admin.presets import WithPresets
from campaigns.forms.versions import VersionForm
from campaigns.models import EarningRuleVersion, RuleFault
from campaigns.selectors import differences, examples, outlook, warnings
from campaigns.selectors import rules as selectors

# Buttons that apps above add to a version's page: label and address, or None for this version.
LINKS: list[Callable[[EarningRuleVersion, HttpRequest], tuple[str, str] | None]] = []

_EXCLUDED = ("excluded_category", "excluded_label", "excluded_brand", "excluded_sku")


@admin.register(EarningRuleVersion)
class EarningRuleVersionAdmin(WithPresets):
    form = VersionForm
    list_display = (
        "name",
        "number",
        "state_label",
        "starts_at",
        "rules_count",
        "tested",
        "published_by",
    )
    list_select_related = ("published_by",)
    list_per_page = 50
    ordering = ("-starts_at", "-pk")
    readonly_fields = ("excluded_told",)
    actions_detail = ("publish", "try_basket", "compare", "new_draft")
    change_form_outer_before_template = "admin/campaigns/version_head.html"
    change_form_outer_after_template = "admin/campaigns/version_rules.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[EarningRuleVersion]:
        queryset: QuerySet[EarningRuleVersion] = super().get_queryset(request)
        return queryset.annotate(rules_counted=Count("rules"))

    def get_fieldsets(self, request: HttpRequest, obj: EarningRuleVersion | None = None) -> Any:
        head = ["name", "starts_at"]
        faults = RuleFault.objects.filter(state=RuleFault.State.OPEN)
        if (obj is not None and obj.repairs_id) or faults.exists():
            head.append("repairs")
        is_open = obj is None or self.has_change_permission(request, obj)
        excluded = _EXCLUDED if is_open else ("excluded_told",)
        return (
            (None, {"fields": head}),
            (
                _("Basic rate"),
                {
                    "fields": (("points", "block_yuan"), "method", "floor_at"),
                    "description": _("For every purchase that no rule below takes."),
                },
            ),
            (
                _("What counts"),
                {
                    "fields": (
                        ("freight_earns", "coupon_part_earns", "points_part_earns"),
                        *excluded,
                    )
                },
            ),
            (_("Multipliers"), {"fields": (("stacking", "ceiling"), "leap_day")}),
            (_("Caps"), {"fields": (("order_cap", "day_cap", "month_cap"),)}),
            (
                _("Validity"),
                {"fields": (("validity", "validity_count"), "validity_date", "pending_days")},
            ),
            (
                _("Words"),
                {
                    "fields": (
                        ("unit_name", "unit_name_en"),
                        "preface",
                        "preface_en",
                        "announcement",
                        "announcement_en",
                    )
                },
            ),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ordinarily a new version starts with the next day."""
        return {"starts_at": tomorrow()}

    # --- who may what ------------------------------------------------------------------------

    def has_change_permission(
        self, request: HttpRequest, obj: EarningRuleVersion | None = None
    ) -> bool:
        is_open = obj is None or not obj.is_published
        return is_open and super().has_change_permission(request, obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: EarningRuleVersion | None = None
    ) -> bool:
        is_open = obj is None or not obj.is_published
        return is_open and super().has_delete_permission(request, obj)

    def has_publish_rule_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        # By method, not by the permission's name: the theme checks names in the database, which
        # is still empty when the very first `migrate` runs.
        if not request.user.has_perm("campaigns.change_earningruleversion"):
            return False
        drafts = EarningRuleVersion.objects.filter(published_at=None)
        return object_id is None or drafts.filter(pk=object_id).exists()

    def has_look_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        return bool(self.has_view_permission(request))

    def has_new_draft_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        return request.user.has_perm("campaigns.add_earningruleversion")

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting in bulk would offer to delete published versions, which cannot be.
        return {}

    def save_model(
        self, request: HttpRequest, obj: EarningRuleVersion, form: Any, change: bool
    ) -> None:
        """Save the draft, unless somebody has published it while it was being edited."""
        if change:
            row = EarningRuleVersion.objects.select_for_update().filter(pk=obj.pk).first()
            if row is None or row.is_published:
                raise PermissionDenied
        super().save_model(request, obj, form, change)

    # --- what the list and the page show -----------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = None if object_id is None else self.get_object(request, object_id)
        shown: dict[str, Any] = {"version": version}
        if version is not None and self.has_view_permission(request, version):
            now = timezone.now()
            may_edit = not version.is_published and request.user.has_perm(
                "campaigns.change_earningrule"
            )
            shown |= {
                "outlook": (found := outlook.of_version(version, now=now)),
                "hints": [(hint.is_strong, warnings.sentence(hint)) for hint in found.hints],
                "version_key": str(version.pk),
                "examples": examples.of_version(version),
                "state": self.state_label(version),
                "links": [link for make in LINKS if (link := make(version, request))],
                "may_edit_rules": may_edit,
                "in_force": selectors.in_force(now),
            }
        answer: HttpResponse = super().changeform_view(
            request, object_id, form_url, (extra_context or {}) | shown
        )
        return answer

    @display(
        description=gettext_lazy("state"),
        label={"draft": "info", "upcoming": "warning", "published": "success"},
    )
    def state_label(self, version: EarningRuleVersion) -> tuple[str, str]:
        if not version.is_published:
            return "draft", _("draft")
        if version.is_upcoming(timezone.now()):
            return "upcoming", _("from %(day)s") % {
                "day": f"{timezone.localtime(version.starts_at):%Y-%m-%d}"
            }
        return "published", _("published")

    @display(description=gettext_lazy("rules"), ordering="rules_counted")
    def rules_count(self, version: EarningRuleVersion) -> int:
        return int(version.rules_counted)  # type: ignore[attr-defined]  # counted by the query

    @display(description=gettext_lazy("back-tested"))
    def tested(self, version: EarningRuleVersion) -> str:
        if version.tested_at is None:
            return _("no")
        return f"{timezone.localtime(version.tested_at):%Y-%m-%d}"

    @display(description=gettext_lazy("goods that earn nothing"))
    def excluded_told(self, version: EarningRuleVersion) -> str:
        return differences.excluded_words(version.excluded)

    # --- what may be done --------------------------------------------------------------------

    @action(
        description=gettext_lazy("Publish"),
        url_path="publish",
        permissions=["publish_rule"],
        icon="publish",
    )
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = get_object_or_404(EarningRuleVersion, pk=object_id)
        return publishing.publish_page(self, request, version)

    @action(
        description=gettext_lazy("Try a basket"),
        url_path="try",
        permissions=["look"],
        icon="shopping_basket",
    )
    def try_basket(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = get_object_or_404(EarningRuleVersion, pk=object_id)
        return trying.try_page(self, request, version)

    @action(
        description=gettext_lazy("Compare"),
        url_path="compare",
        permissions=["look"],
        icon="difference",
    )
    def compare(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = get_object_or_404(EarningRuleVersion, pk=object_id)
        return comparing.compare_page(self, request, version)

    @action(
        description=gettext_lazy("New draft from this version"),
        url_path="new-draft",
        permissions=["new_draft"],
        icon="content_copy",
    )
    def new_draft(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = get_object_or_404(EarningRuleVersion, pk=object_id)
        return publishing.new_draft_page(self, request, version, starts_at=tomorrow())


def tomorrow() -> datetime:
    day = timezone.localdate() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, time.min))


def page_of(version_id: int) -> str:
    return reverse("admin:campaigns_earningruleversion_change", args=[version_id])
