"""The merchant's settings of the ledger: one row, so its list is its form."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.admin import ModelAdmin

from points.models import LedgerSettings
from points.services import settings


@admin.register(LedgerSettings)
class LedgerSettingsAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: LedgerSettings, form: Any, change: bool
    ) -> None:
        settings.save(obj, at=timezone.now())

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row, _made = LedgerSettings.objects.get_or_create(pk=1)
        return redirect("admin:points_ledgersettings_change", row.pk)
