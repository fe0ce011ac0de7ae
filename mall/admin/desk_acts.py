"""What staff do with one order; only what its state allows is offered."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from mall.forms.desk import NoteForm, ShipForm
from mall.models import Redemption, Reward
from mall.services import progress, returns
from members.admin.base import posted, service_page

_STATE = Redemption.State


def actor_of(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


class OrderActs(ModelAdmin):
    """The buttons on an order's page."""

    actions_detail = ("confirm", "ship", "complete", "cancel", "coupons_back")

    def has_confirm_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "fulfil", "confirm", object_id)

    def has_ship_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "fulfil", "ship", object_id)

    def has_complete_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "fulfil", "complete", object_id)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "cancel", "cancel", object_id)

    def has_coupons_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "cancel", "coupons_back", object_id)

    @staticmethod
    def _may(request: HttpRequest, right: str, act: str, object_id: Any) -> bool:
        if not request.user.has_perm(f"mall.{right}_redemption"):
            return False
        if object_id is None:
            return True
        order = Redemption.objects.select_related("reward").filter(pk=object_id).first()
        return order is not None and act in offered(order)

    @action(
        description=gettext_lazy("Confirm"),
        url_path="confirm",
        permissions=["confirm"],
        icon="check",
    )
    def confirm(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(
            request,
            object_id,
            form=NoteForm(posted(request)),
            title=_("Confirm"),
            call=lambda pk, data: progress.confirm(
                redemption_id=pk, actor=actor_of(request), at=timezone.now(), note=data["note"]
            ),
            is_note_needed=False,
        )

    @action(
        description=gettext_lazy("Ship"),
        url_path="ship",
        permissions=["ship"],
        icon="local_shipping",
    )
    def ship(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(
            request,
            object_id,
            form=ShipForm(posted(request)),
            title=_("Ship"),
            call=lambda pk, data: progress.ship(
                redemption_id=pk, actor=actor_of(request), at=timezone.now(), **data
            ),
        )

    @action(
        description=gettext_lazy("Complete"),
        url_path="complete",
        permissions=["complete"],
        icon="done_all",
    )
    def complete(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(
            request,
            object_id,
            form=NoteForm(posted(request)),
            title=_("Complete"),
            call=lambda pk, data: progress.complete(
                redemption_id=pk, actor=actor_of(request), at=timezone.now()
            ),
            is_note_needed=False,
        )

    @action(
        description=gettext_lazy("Cancel the order"),
        url_path="cancel",
        permissions=["cancel"],
        icon="cancel",
    )
    def cancel(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(
            request,
            object_id,
            form=NoteForm(posted(request)),
            title=_("Cancel the order"),
            call=lambda pk, data: progress.cancel(
                redemption_id=pk, actor=actor_of(request), at=timezone.now(), note=data["note"]
            ),
        )

    @action(
        description=gettext_lazy("Take coupons back"),
        url_path="coupons-back",
        permissions=["coupons_back"],
        icon="undo",
    )
    def coupons_back(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._page(
            request,
            object_id,
            form=NoteForm(posted(request)),
            title=_("Take coupons back"),
            call=lambda pk, data: returns.take_coupons_back(
                redemption_id=pk, actor=actor_of(request), at=timezone.now(), note=data["note"]
            ),
        )

    def _page(
        self,
        request: HttpRequest,
        object_id: int,
        *,
        form: forms.Form,
        title: str,
        call: Callable[[int, dict[str, Any]], Redemption],
        is_note_needed: bool = True,
    ) -> HttpResponse:
        order = get_object_or_404(Redemption.objects.select_related("reward"), pk=object_id)
        if not is_note_needed:
            form.fields["note"].required = False

        def done(data: dict[str, Any]) -> tuple[Redemption, str]:
            row: Redemption = call(order.pk, data)
            sentence = _("Order %(number)s is %(state)s.")
            return row, sentence % {"number": row.number, "state": row.get_state_display()}

        return service_page(
            self,
            request,
            form=form,
            title=f"{title} · {order.number}",
            submit=title,
            call=done,
            back=reverse("admin:mall_redemption_change", args=[order.pk]),
        )


def offered(order: Redemption) -> frozenset[str]:
    """The actions that this order's state allows."""
    found = set()
    if order.is_open:
        found.add("cancel")
    if order.state == _STATE.PLACED:
        found.add("confirm")
    is_open = order.state in (_STATE.PLACED, _STATE.CONFIRMED)
    if order.delivery == Redemption.Delivery.SHIP and (is_open or order.state == _STATE.SHIPPED):
        found.add("ship")
    is_partner = order.delivery == Redemption.Delivery.PARTNER
    if order.state == _STATE.SHIPPED or (is_partner and is_open):
        found.add("complete")
    is_coupon = order.reward.kind in (Reward.Kind.COUPON, Reward.Kind.RIGHT)
    if is_coupon and order.state == _STATE.COMPLETED:
        found.add("coupons_back")
    return frozenset(found)
