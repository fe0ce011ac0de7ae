"""Rules that could not be evaluated, and whom they owe points."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from campaigns.models import RuleFault
from members.admin.base import ByMember, ReadOnlyAdmin

# What apps above can do about a fault: a name in the address, a label, and the function, which
# does it and returns a sentence. They know how to judge a purchase again; this app does not.
FaultAction = tuple[str, Any, Callable[[RuleFault, HttpRequest], str]]
FAULT_ACTIONS: list[FaultAction] = []


@admin.register(RuleFault)
class RuleFaultAdmin(ReadOnlyAdmin, ByMember):
    list_display = (
        "noticed_at",
        "state_label",
        "version",
        "rule_key",
        "reference",
        "member",
        "error",
        "points",
    )
    list_select_related = ("version", "member")
    list_filter = ("state",)
    search_help_text = _("A member's number, phone or whole name")
    ordering = ("-noticed_at", "-pk")
    fields = (
        "state",
        "version",
        "rule_key",
        "error",
        "reference",
        "member",
        "noticed_at",
        "repaired_at",
        "points",
    )
    change_form_outer_after_template = "admin/campaigns/fault_actions.html"

    @display(
        description=_("state"),
        label={RuleFault.State.OPEN: "warning", RuleFault.State.REPAIRED: "success"},
    )
    def state_label(self, fault: RuleFault) -> tuple[str, str]:
        return fault.state, fault.get_state_display()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        mine = [path("<int:pk>/act/<slug:name>/", view, name="campaigns_rulefault_act")]
        theirs: list[URLPattern] = super().get_urls()
        return mine + theirs

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        offered: Sequence[tuple[str, Any]] = []
        if _may_act(request) and RuleFault.objects.filter(
            pk=_number(object_id), state=RuleFault.State.OPEN
        ):
            offered = [
                (reverse("admin:campaigns_rulefault_act", args=[object_id, name]), label)
                for name, label, _call in FAULT_ACTIONS
            ]
        more = (extra_context or {}) | {"fault_actions": offered}
        answer: HttpResponse = super().change_view(request, object_id, form_url, more)
        return answer

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
        return require_POST(self._act)(request, pk, name)

    def _act(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        if not _may_act(request):
            raise PermissionDenied
        fault = get_object_or_404(RuleFault, pk=pk)
        call = next((call for key, _label, call in FAULT_ACTIONS if key == name), None)
        if call is None:
            raise PermissionDenied
        messages.info(request, call(fault, request))
        return redirect("admin:campaigns_rulefault_change", fault.pk)


def _may_act(request: HttpRequest) -> bool:
    return request.user.has_perm("campaigns.change_earningruleversion")


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if is_number else 0
