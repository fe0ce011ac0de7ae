"""Redeeming for a member who calls, or stands at the desk without a phone."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from mall.admin.desk_acts import actor_of
from mall.exceptions import RedemptionRefused
from mall.models import Redemption, Variant
from mall.services import redemption
from mall.services.orders import Order
from members import selectors
from members.admin.base import posted, service_page
from members.exceptions import MemberUnknown
from members.models import Address, Member
from stores.models import Store

RIGHT = "mall.add_redemption"
_WAY = Redemption.Delivery


class CounterForm(forms.Form):
    """What the member asks for. The key makes two clicks one order."""

    member = forms.CharField(
        label=gettext_lazy("member"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Number, phone or external number."),
    )
    article = forms.CharField(
        label=gettext_lazy("article number"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Of the variant, as the catalogue shows it."),
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("quantity"),
        min_value=1,
        max_value=10_000,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    store = forms.ModelChoiceField(
        label=gettext_lazy("Pick-up store"),
        queryset=Store.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=gettext_lazy("sent to the member's usual address"),
        help_text=gettext_lazy("For goods; everything else is delivered in its own way."),
    )
    partner_account = forms.CharField(
        label=gettext_lazy("account with the partner"),
        max_length=40,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=lambda: uuid.uuid4().hex)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stores = Store.objects.filter(is_active=True).order_by("name")
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]  # a choice


def redeem_page(admin: Any, request: HttpRequest) -> HttpResponse:
    """The form, and the order that comes of it; the points are the member's."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied

    def call(data: dict[str, Any]) -> tuple[Redemption, str]:
        member = _member(data["member"])
        done = redemption.redeem(
            member_id=member.pk,
            order=_order(member, data),
            caller=actor_of(request),
            key=data["key"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        text = _("Order %(number)s for %(member)s is placed.")
        return done.redemption, text % {"number": done.redemption.number, "member": str(member)}

    return service_page(
        admin,
        request,
        form=CounterForm(posted(request)),
        title=_("Redeem for a member"),
        submit=_("Redeem"),
        call=call,
        back=reverse("admin:mall_redemption_changelist"),
    )


def _member(text: str) -> Member:
    found = list(selectors.found_by(text)[:2])
    if len(found) != 1:
        raise MemberUnknown(field="member")
    return found[0]


def _order(member: Member, data: dict[str, Any]) -> Order:
    variant = Variant.objects.select_related("reward").filter(sku=data["article"].strip()).first()
    if variant is None:
        raise RedemptionRefused("variant_unknown", field="article")
    is_goods = variant.reward.kind == variant.reward.Kind.PHYSICAL
    way = "" if not is_goods else _WAY.PICK_UP if data["store"] else _WAY.SHIP
    address = Address.objects.of(member.pk).first() if way == _WAY.SHIP else None
    return Order(
        reward_id=variant.reward_id,
        variant_id=variant.pk,
        quantity=data["quantity"],
        delivery=way,
        address_id=address.pk if address is not None else None,
        pick_up_store_id=data["store"].pk if way == _WAY.PICK_UP else None,
        partner_account=data["partner_account"],
    )
