"""A member's segments on the member's page: to be seen there, made elsewhere."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from members.models import SegmentMember


class SegmentInline(TabularInline):
    model = SegmentMember
    fields = ("segment", "kind", "since")
    readonly_fields = fields
    verbose_name_plural = _("Segments")
    hide_title = True
    extra = 0
    max_num = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[SegmentMember]:
        rows: QuerySet[SegmentMember] = super().get_queryset(request)
        active = rows.filter(segment__is_active=True).select_related("segment")
        return active.order_by("segment__kind", "segment__code")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever sees the member

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("kind"))
    def kind(self, row: SegmentMember) -> str:
        return row.segment.get_kind_display()
