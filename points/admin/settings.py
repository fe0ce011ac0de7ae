"""The merchant's settings of the ledger: one row, so its list is its form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from points.models import GiftSettings, LedgerSettings
from points.services import settings
from stores.admin.base import OneRowAdmin


@admin.register(LedgerSettings)
class LedgerSettingsAdmin(OneRowAdmin):
    def save_model(
        self, request: HttpRequest, obj: LedgerSettings, form: Any, change: bool
    ) -> None:
        settings.save(obj, at=timezone.now())


@admin.register(GiftSettings)
class GiftSettingsAdmin(OneRowAdmin):
    """Whether and how much members give each other; the rules page says it at once."""

    fields = (
        "is_on",
        "cooling_off_days",
        ("points_min", "points_max"),
        ("gifts_per_month", "points_per_month"),
        "received_per_month",
    )

    def save_model(self, request: HttpRequest, obj: GiftSettings, form: Any, change: bool) -> None:
        settings.save_gifts(obj, at=timezone.now())
