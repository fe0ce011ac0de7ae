"""The earning rule and its versions."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from campaigns.models import EarningRuleVersion
from campaigns.selectors import examples
from campaigns.services import rules
from members.admin.base import service_page


@admin.register(EarningRuleVersion)
class EarningRuleVersionAdmin(ModelAdmin):
    list_display = ("name", "number", "state_label", "starts_at", "example", "published_by")
    list_select_related = ("published_by",)
    ordering = ("-starts_at", "-pk")
    fields = (
        "name",
        "starts_at",
        ("points", "block_yuan"),
        "method",
        "floor_at",
        ("validity", "validity_count"),
        "pending_days",
        "example",
    )
    readonly_fields = ("example",)
    actions_detail = ("publish",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Ordinarily a new version starts with the next day."""
        tomorrow = timezone.localdate() + timedelta(days=1)
        return {"starts_at": timezone.make_aware(datetime.combine(tomorrow, time.min))}

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

    def get_actions(self, request: HttpRequest) -> Any:
        # Deleting in bulk would offer to delete published versions, which cannot be.
        return {}

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

    @display(description=gettext_lazy("what it gives"))
    def example(self, version: EarningRuleVersion) -> str:
        if not version.pk:
            return _("Save it to see what it would give.")
        return _(", ").join(examples.of_version(version))

    @action(
        description=gettext_lazy("Publish"),
        url_path="publish",
        permissions=["publish_rule"],
        icon="publish",
    )
    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        version = get_object_or_404(EarningRuleVersion, pk=object_id)
        by = request.user if isinstance(request.user, AbstractBaseUser) else None

        def call(_data: dict[str, Any]) -> tuple[EarningRuleVersion, str]:
            published = rules.publish(version=version, by=by, now=timezone.now())
            return published, _("Published as version %(number)s.") % {"number": published.number}

        return service_page(
            self,
            request,
            form=forms.Form(request.POST if request.method == "POST" else None),
            title=_("Publish “%(name)s” for good, from %(start)s: %(example)s")
            % {
                "name": version.name,
                "start": f"{timezone.localtime(version.starts_at):%Y-%m-%d %H:%M}",
                "example": self.example(version),
            },
            submit=_("Publish"),
            call=call,
            back=reverse("admin:campaigns_earningruleversion_change", args=[object_id]),
        )
