"""Stock in the back office: what is there, what comes in, what is written off, every movement."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from mall.exceptions import RedemptionRefused
from mall.forms.reward import CodesForm, StockForm
from mall.models import CodeBatch, Reward, StockMovement, Variant
from mall.services import code_files, codes, stock
from members.admin.base import ReadOnlyAdmin, posted, service_page


class LowFilter(admin.SimpleListFilter):
    title = gettext_lazy("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", _("running low")), ("none", _("nothing left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Variant]) -> QuerySet[Variant]:
        if self.value() == "none":
            return queryset.filter(is_counted=True, remaining=0)
        if self.value() == "low":
            return queryset.filter(is_counted=True, remaining__lte=F("reward__low_stock"))
        return queryset


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    """One row for each thing that is redeemed. What it is, is changed on its reward's page."""

    list_display = ("sku", "what", "left", "reserved", "fulfilled", "written_off", "reward_state")
    list_filter = (LowFilter, "reward__state", "reward__kind")
    list_select_related = ("reward",)
    search_fields = ("sku", "reward__name")
    ordering = ("-pk",)
    fields = (
        ("what", "sku"),
        ("left", "reserved"),
        ("fulfilled", "written_off", "stocked"),
        "history",
    )
    readonly_fields = ("what", "left", "history")
    actions_detail = ("restock", "write_off", "bring_in")

    def has_stock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.change_variant")

    @admin.display(description=gettext_lazy("what"))
    def what(self, variant: Variant) -> str:
        name = variant.reward.label
        return f"{name} · {variant.label}" if variant.label else name

    @display(
        description=gettext_lazy("left"), label={"fine": None, "low": "warning", "none": "danger"}
    )
    def left(self, variant: Variant) -> tuple[str, str]:
        if not variant.is_counted:
            return "fine", _("not counted")
        low = "low" if variant.remaining <= variant.reward.low_stock else "fine"
        return (low if variant.remaining else "none"), f"{variant.remaining:,}"

    @admin.display(description=gettext_lazy("state"))
    def reward_state(self, variant: Variant) -> str:
        return variant.reward.get_state_display()

    @admin.display(description=gettext_lazy("history"))
    def history(self, variant: Variant) -> SafeString:
        return format_html(
            '<a class="text-primary-600 underline" href="{}?q={}">{}</a>',
            reverse("admin:mall_stockmovement_changelist"),
            variant.sku,
            _("All movements"),
        )

    @action(
        description=gettext_lazy("Bring in"),
        url_path="restock",
        permissions=["stock"],
        icon="add_box",
    )
    def restock(self, request: HttpRequest, object_id: int) -> HttpResponse:
        told = _("%(count)s came in; %(left)s are left.")
        return self._count(request, object_id, stock.restock, _("Bring in"), told)

    @action(
        description=gettext_lazy("Write off"),
        url_path="write-off",
        permissions=["stock"],
        icon="delete_sweep",
    )
    def write_off(self, request: HttpRequest, object_id: int) -> HttpResponse:
        told = _("%(count)s were written off; %(left)s are left.")
        return self._count(request, object_id, stock.write_off, _("Write off"), told)

    def _count(
        self, request: HttpRequest, pk: int, act: Callable[..., int], title: str, told: str
    ) -> HttpResponse:
        variant = self._variant(request, pk)

        def call(data: dict[str, Any]) -> tuple[Variant, str]:
            left = act(
                variant_id=variant.pk,
                quantity=data["quantity"],
                note=data["note"],
                actor=_actor(request),
                at=timezone.now(),
            )
            return variant, told % {"count": f"{data['quantity']:,}", "left": f"{left:,}"}

        return service_page(
            self,
            request,
            form=StockForm(posted(request)),
            title=f"{title}: {self.what(variant)}",
            submit=title,
            call=call,
            back=reverse("admin:mall_variant_change", args=[variant.pk]),
        )

    @action(
        description=gettext_lazy("Bring in virtual codes"),
        url_path="codes",
        permissions=["stock"],
        icon="upload_file",
    )
    def bring_in(self, request: HttpRequest, object_id: int) -> HttpResponse:
        variant = self._variant(request, object_id)

        def call(data: dict[str, Any]) -> tuple[CodeBatch, str]:
            if variant.reward.kind != Reward.Kind.VIRTUAL:
                raise RedemptionRefused("stock_not_counted", field="file")
            upload = data["file"]
            given = code_files.codes_in(upload) if upload else data["codes"].splitlines()
            done = codes.bring_in(
                variant_id=variant.pk,
                codes=given,
                name=data["name"],
                valid_until=data["valid_until"],
                actor=_actor(request),
                at=timezone.now(),
            )
            told = _("%(taken)s codes were taken, %(repeated)s were there already.")
            return done.batch, told % {
                "taken": f"{done.taken:,}",
                "repeated": f"{done.repeated:,}",
            }

        return service_page(
            self,
            request,
            form=CodesForm(posted(request), request.FILES or None),
            title=f"{_('Bring in virtual codes')}: {self.what(variant)}",
            submit=_("Bring in"),
            call=call,
            back=reverse("admin:mall_variant_change", args=[variant.pk]),
        )

    def _variant(self, request: HttpRequest, pk: int) -> Variant:
        if not self.has_stock_permission(request):
            raise PermissionDenied
        return get_object_or_404(Variant.objects.select_related("reward"), pk=pk)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("at", "variant_sku", "kind", "quantity", "remaining_after", "note", "actor")
    list_filter = ("kind",)
    list_select_related = ("variant",)
    search_fields = ("variant__sku",)
    search_help_text = gettext_lazy("Article number")
    ordering = ("-pk",)
    fields = (
        "at",
        "variant",
        "kind",
        ("quantity", "remaining_after"),
        "redemption",
        "note",
        "actor",
    )

    @admin.display(description=gettext_lazy("article number"))
    def variant_sku(self, movement: StockMovement) -> str:
        return movement.variant.sku


@admin.register(CodeBatch)
class CodeBatchAdmin(ReadOnlyAdmin):
    list_display = ("at", "name", "variant", "size", "valid_until", "actor")
    list_select_related = ("variant",)
    ordering = ("-pk",)
    fields = ("name", "variant", "size", "valid_until", "actor", "at")


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"
