"""What a member chooses on the way to an order, and about one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mall.models import Redemption, RedemptionReturn
from mall.selectors.cards import Card
from mall.services.orders import Order
from members.models import Address
from points.policies import LIMIT
from stores.models import Store

_WAY = Redemption.Delivery
QUANTITY_MAX = 10_000


class OrderForm(forms.Form):
    """An order. The key makes two clicks one order; `expected_*` are what the page has shown.

    What cannot be, the service says; the form only sees to it that it is an order at all.
    """

    variant = forms.ChoiceField(label=_("Variant"), widget=forms.RadioSelect)
    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=QUANTITY_MAX,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    delivery = forms.ChoiceField(label=_("Delivery"), required=False, widget=forms.RadioSelect)
    address = forms.TypedChoiceField(
        label=_("Address"), required=False, coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    pick_up_store = forms.ChoiceField(label=_("Store"), required=False)
    partner_account = forms.CharField(label=_("Account number"), required=False, max_length=40)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    expected_points = forms.IntegerField(
        required=False, min_value=1, max_value=LIMIT, widget=forms.HiddenInput
    )
    expected_money = forms.DecimalField(
        required=False, max_digits=14, decimal_places=2, widget=forms.HiddenInput
    )

    def __init__(
        self,
        *args: Any,
        card: Card,
        ways: Sequence[str],
        addresses: Sequence[Address],
        stores: Sequence[Store],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.card, self.ways, self.addresses = card, ways, addresses
        self.stores = {store.code: store.pk for store in stores}
        self._choices("variant", [(offer.sku, offer.name or offer.sku) for offer in card.offers])
        self._choices("delivery", [(way, _WAY(way).label) for way in ways])
        self._choices("address", [(str(row.pk), str(row)) for row in addresses])
        self._choices(
            "pick_up_store", [("", _("Please choose")), *((s.code, s.name) for s in stores)]
        )

    def _choices(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a choice

    def order(self) -> Order:
        """The order that was chosen, as the service takes it."""
        data = self.cleaned_data
        variant_id = next(o.variant_id for o in self.card.offers if o.sku == data["variant"])
        delivery = data["delivery"] or (self.ways[0] if len(self.ways) == 1 else "")
        money: Decimal | None = data.get("expected_money")
        return Order(
            reward_id=self.card.reward.pk,
            variant_id=variant_id,
            quantity=data["quantity"],
            delivery=delivery,
            address_id=data["address"] if delivery == _WAY.SHIP else None,
            pick_up_store_id=(
                self.stores.get(data["pick_up_store"]) if delivery == _WAY.PICK_UP else None
            ),
            partner_account=data["partner_account"] if delivery == _WAY.PARTNER else "",
            expected_points=data.get("expected_points"),
            expected_money=money,
        )


class ReturnForm(forms.Form):
    """What a member wants to send back, and why."""

    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=1,
        max_value=QUANTITY_MAX,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=RedemptionReturn.Reason.choices)
    words = forms.CharField(
        label=_("What is wrong with it?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
