"""Returns of redeemed goods, payments and refunds in the back office."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from mall.admin.desk_acts import actor_of
from mall.forms.desk import DecisionForm, ReceiveForm
from mall.models import Payment, RedemptionReturn, Refund
from mall.policies import numbers
from mall.services import payment_rows, returns
from members import policies
from members.admin.base import ReadOnlyAdmin, note, posted, service_page

_RETURN = RedemptionReturn.State
_REFUND = Refund.State


class ByOrder(ReadOnlyAdmin):
    """Rows that are found by the number of their order."""

    search_fields = ("pk",)
    search_help_text = gettext_lazy("Order number")
    order_field = "redemption"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = policies.fold_digits("".join(search_term.split()))
        if not search_term:
            return queryset, False
        if not numbers.is_number(number):
            return queryset.none(), False
        return queryset.filter(**{f"{self.order_field}__number": number}), False


@admin.register(RedemptionReturn)
class RedemptionReturnAdmin(ByOrder):
    """What members want to send back; what waits for an answer comes first."""

    list_display = (
        "redemption",
        "quantity",
        "reason",
        "state_label",
        "asked_at",
        "points",
        "money",
    )
    list_filter = ("state", "reason")
    list_select_related = ("redemption",)
    ordering = ("state", "asked_at")
    fields = (
        ("redemption", "state_label"),
        ("quantity", "reason"),
        "words",
        "answer",
        ("points", "points_lapsed"),
        ("money", "is_restocked"),
        ("asked_at", "decided_at"),
        "received_at",
    )
    actions_detail = ("decide", "receive")

    @display(
        description=gettext_lazy("state"),
        label={
            _RETURN.ASKED: "warning",
            _RETURN.APPROVED: "info",
            _RETURN.RECEIVED: "success",
            _RETURN.REJECTED: "",
            _RETURN.WITHDRAWN: "",
        },
    )
    def state_label(self, row: RedemptionReturn) -> tuple[str, str]:
        return row.state, row.get_state_display()

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, _RETURN.ASKED)

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, _RETURN.APPROVED)

    @staticmethod
    def _may(request: HttpRequest, object_id: Any, state: RedemptionReturn.State) -> bool:
        if not request.user.has_perm("mall.cancel_redemption"):
            return False
        rows = RedemptionReturn.objects.filter(pk=object_id, state=state)
        return object_id is None or rows.exists()

    @action(
        description=gettext_lazy("Decide"),
        url_path="decide",
        permissions=["decide"],
        icon="gavel",
    )
    def decide(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = get_object_or_404(RedemptionReturn, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[RedemptionReturn, str]:
            done = returns.decide(
                return_id=row.pk, actor=actor_of(request), at=timezone.now(), **data
            )
            return done, _("The return is %(state)s.") % {"state": done.get_state_display()}

        return service_page(
            self,
            request,
            form=DecisionForm(posted(request)),
            title=_("Decide about the return"),
            submit=_("Decide"),
            call=call,
            back=reverse("admin:mall_redemptionreturn_change", args=[row.pk]),
        )

    @action(
        description=gettext_lazy("The goods are back"),
        url_path="receive",
        permissions=["receive"],
        icon="assignment_return",
    )
    def receive(self, request: HttpRequest, object_id: int) -> HttpResponse:
        row = get_object_or_404(RedemptionReturn, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[RedemptionReturn, str]:
            done = returns.receive(
                return_id=row.pk, actor=actor_of(request), at=timezone.now(), **data
            )
            came = done.points - done.points_lapsed
            text = ngettext(
                "%(points)s point is given back.", "%(points)s points are given back.", came
            )
            return done, text % {"points": came}

        return service_page(
            self,
            request,
            form=ReceiveForm(posted(request)),
            title=_("The goods are back"),
            submit=_("Give back"),
            call=call,
            back=reverse("admin:mall_redemptionreturn_change", args=[row.pk]),
        )


@admin.register(Payment)
class PaymentAdmin(ByOrder):
    list_display = ("out_trade_no", "redemption", "provider", "yuan", "state", "paid_at")
    list_filter = ("state", "provider")
    list_select_related = ("redemption",)
    ordering = ("-pk",)
    fields = (
        ("redemption", "state"),
        ("provider", "out_trade_no"),
        ("yuan", "transaction_id"),
        ("created_at", "paid_at"),
        ("closed_at", "is_close_due"),
        "tried_at",
    )

    @admin.display(description=gettext_lazy("amount in yuan"), ordering="amount")
    def yuan(self, row: Payment) -> str:
        return f"{payment_rows.yuan(row.amount):.2f}"


@admin.register(Refund)
class RefundAdmin(ByOrder):
    """Money on its way back. One that failed needs a person, and can be tried again."""

    order_field = "payment__redemption"
    list_display = ("out_refund_no", "payment", "yuan", "state", "attempts", "error", "created_at")
    list_filter = ("state",)
    list_select_related = ("payment",)
    ordering = ("-pk",)
    fields = (
        ("payment", "out_refund_no"),
        ("yuan", "state"),
        ("attempts", "error"),
        ("created_at", "next_at"),
        ("provider_id", "done_at"),
    )
    actions = ("try_again",)

    @admin.display(description=gettext_lazy("amount in yuan"), ordering="amount")
    def yuan(self, row: Refund) -> str:
        return f"{payment_rows.yuan(row.amount):.2f}"

    def has_try_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("mall.change_refund")

    @admin.action(description=gettext_lazy("Try again"), permissions=["try"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Refund]) -> None:
        for row in queryset.filter(state=_REFUND.FAILED).order_by("pk")[:100]:
            payment_rows.try_again(row, at=timezone.now())
            note(request, row, _("Tried again"))
