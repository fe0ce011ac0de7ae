"""How members came to their levels: rows to look at."""

from collections.abc import Sequence
from decimal import Decimal

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from members.admin.base import ByMember, ReadOnlyAdmin
from tiers.models import GrowthCorrection, GrowthDay, StandingChange
from tiers.policies.ladders import SCALE


class _OfMember(ByMember, ReadOnlyAdmin):
    """Reached from a member's level, not from the sidebar."""

    list_select_related: Sequence[str] = ("member",)
    ordering: tuple[str, ...] = ("-pk",)
    search_help_text = gettext_lazy(
        "Exact member number, mobile number, external number or whole name"
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "member__id__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(StandingChange)
class StandingChangeAdmin(_OfMember):
    list_display = ("at", "member", "before", "after", "why", "growth", "until", "actor")
    list_select_related = ("member", "before", "after")
    list_filter = ("why", "after")
    fields = (
        "member",
        ("before", "after"),
        "why",
        "reason",
        "growth",
        "until",
        "cause",
        "actor",
        "at",
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tiers.view_standingchange")


@admin.register(GrowthDay)
class GrowthDayAdmin(_OfMember):
    list_display = ("day", "member", "yuan", "bought", "acted", "adjusted")
    list_display_links = None
    ordering: tuple[str, ...] = ("-day", "-pk")

    @display(description=gettext_lazy("spent (yuan)"))
    def yuan(self, row: GrowthDay) -> str:
        return f"{Decimal(row.spent) / SCALE:,.2f}"


@admin.register(GrowthCorrection)
class GrowthCorrectionAdmin(_OfMember):
    list_display = ("created_at", "member", "amount", "reason", "actor")
    fields = ("member", "day", "amount", "reason", "note", "actor", "created_at")
