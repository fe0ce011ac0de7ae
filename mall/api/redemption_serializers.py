"""Orders, as the API takes and gives them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from mall.exceptions import RedemptionRefused
from mall.models import Payment, Redemption, RedemptionReturn
from mall.selectors.redemptions import TABS, named
from mall.services import handover, progress, returns
from mall.services.orders import Order
from mall.services.quoting import Quote
from points.policies import LIMIT
from stores.api.strict import StrictSerializer
from stores.models import Store

_ID_MAX = 2**63 - 1


class OrderSerializer(StrictSerializer):
    """What is wanted. `variant` may be left out where the reward has only one."""

    reward = serializers.CharField(max_length=48, help_text="Code of the reward.")
    variant = serializers.CharField(
        max_length=64, required=False, default="", help_text="Article number of the variant."
    )
    quantity = serializers.IntegerField(min_value=1, max_value=10_000, required=False, default=1)
    delivery = serializers.ChoiceField(
        choices=Redemption.Delivery.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="Where the reward offers several ways: ship or pick_up.",
    )
    address = serializers.IntegerField(
        min_value=1, max_value=_ID_MAX, required=False, allow_null=True, default=None
    )
    pick_up_store = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", help_text="Code of the store."
    )
    partner_account = serializers.CharField(
        max_length=40, required=False, allow_blank=True, default=""
    )
    expected_points = serializers.IntegerField(
        min_value=1,
        max_value=LIMIT,
        required=False,
        allow_null=True,
        default=None,
        help_text="What the member was shown for the whole order; refused as price_changed when "
        "it is not what would be taken.",
    )
    expected_money = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        required=False,
        allow_null=True,
        default=None,
        help_text="Yuan, freight included.",
    )


def order_in(data: Any, *, store: Store | None = None) -> Order:
    """The order of a request; what is picked up is picked up in `store` unless one is named.

    One query.
    """
    sent = OrderSerializer(data=data)
    sent.is_valid(raise_exception=True)
    asked = sent.validated_data
    found = named(asked["reward"], asked["variant"], asked["pick_up_store"])
    if not found:
        raise RedemptionRefused("reward_unknown", field="reward")
    if len(found) > 1:
        raise RedemptionRefused("variant_unknown", field="variant")
    reward_id, variant_id, store_id = found[0]
    if asked["pick_up_store"] and store_id is None:
        raise RedemptionRefused("pick_up_store_not_offered", field="pick_up_store")
    if not asked["pick_up_store"] and store is not None and asked["address"] is None:
        store_id = store.pk
    return Order(
        reward_id=reward_id,
        variant_id=variant_id,
        quantity=asked["quantity"],
        delivery=asked["delivery"],
        address_id=asked["address"],
        pick_up_store_id=store_id,
        partner_account=asked["partner_account"],
        expected_points=asked["expected_points"],
        expected_money=asked["expected_money"],
    )


class RedemptionNameSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class RedemptionSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    reward = RedemptionNameSerializer()
    variant = RedemptionNameSerializer()
    quantity = serializers.IntegerField()
    points = serializers.IntegerField()
    money = serializers.CharField(help_text="Yuan in all, freight included.")
    freight = serializers.CharField(help_text="Yuan.")
    state = serializers.ChoiceField(choices=Redemption.State.choices)
    state_name = serializers.CharField()
    delivery = serializers.ChoiceField(choices=Redemption.Delivery.choices)
    pick_up_store = RedemptionNameSerializer(allow_null=True)
    placed_at = serializers.DateTimeField()
    pay_by = serializers.DateTimeField(allow_null=True)
    use_by = serializers.DateTimeField(allow_null=True)
    expected_on = serializers.DateField(allow_null=True, help_text="When it should be shipped.")
    carrier = serializers.CharField(allow_blank=True)
    tracking_number = serializers.CharField(allow_blank=True)
    points_back = serializers.IntegerField()
    money_back = serializers.CharField()


class StepSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Redemption.State.choices)
    state_name = serializers.CharField()
    at = serializers.DateTimeField()


class ReturnSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=RedemptionReturn.Reason.choices)
    state = serializers.ChoiceField(choices=RedemptionReturn.State.choices)
    state_name = serializers.CharField()
    answer = serializers.CharField(allow_blank=True)
    points = serializers.IntegerField(help_text="Given back.")
    points_lapsed = serializers.IntegerField(help_text="Of them, those whose day had passed.")
    money = serializers.CharField(help_text="Yuan given back.")
    asked_at = serializers.DateTimeField()


class RedemptionDetailSerializer(RedemptionSerializer):
    recipient = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_blank=True)
    partner_account = serializers.CharField(allow_blank=True)
    steps = StepSerializer(many=True)
    returns = ReturnSerializer(many=True)
    can_cancel = serializers.BooleanField()
    cancel_until = serializers.DateTimeField(allow_null=True)
    return_until = serializers.DateTimeField(allow_null=True)
    has_code = serializers.BooleanField(help_text="Whether there is a code for the counter now.")


class LotUsedSerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField()
    valid_until = serializers.DateTimeField()


class RedemptionQuoteSerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField(help_text="For the whole order.")
    money = serializers.CharField(help_text="Yuan, freight included.")
    freight = serializers.CharField()
    balance_before = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Points still missing.")
    lots = LotUsedSerializer(many=True, help_text="The first lots it takes, in their order.")
    refusal = serializers.DictField(
        allow_null=True, help_text="code, message and field of what stands in the way; or null."
    )


class RedemptionQuery(serializers.Serializer[Any]):
    tab = serializers.ChoiceField(choices=list(TABS), required=False, default="all")
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=_ID_MAX)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)


class RedemptionPageSerializer(serializers.Serializer[Any]):
    results = RedemptionSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class HandOverCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="24 digits, for a QR code or to be typed.")
    seconds = serializers.IntegerField(help_text="Until there is a newer one.")


class OpenedCodesSerializer(serializers.Serializer[Any]):
    codes = serializers.ListField(child=serializers.CharField())


class ReturnRequestSerializer(StrictSerializer):
    quantity = serializers.IntegerField(min_value=1, max_value=10_000)
    reason = serializers.ChoiceField(choices=RedemptionReturn.Reason.choices)
    words = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class PaymentRequestSerializer(StrictSerializer):
    way = serializers.ChoiceField(
        choices=["mini_program", "native", "h5"],
        help_text="Where the member pays: in the mini-program, by a QR code, in a phone's browser.",
    )


class PaymentSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    state = serializers.ChoiceField(choices=Payment.State.choices)
    amount = serializers.CharField(help_text="Yuan.")
    parameters = serializers.DictField(
        help_text="What the provider's client needs: for wx.requestPayment, or code_url, h5_url."
    )


def redemption(row: Redemption) -> dict[str, Any]:
    """A line of a list."""
    store = row.pick_up_store
    return {
        "number": row.number,
        "reward": {"code": row.reward.code, "name": row.reward.label},
        "variant": {"code": row.variant.sku, "name": row.variant.label},
        "quantity": row.quantity,
        "points": row.points,
        "money": _yuan(row.money),
        "freight": _yuan(row.freight),
        "state": row.state,
        "state_name": row.get_state_display(),
        "delivery": row.delivery,
        "pick_up_store": None if store is None else {"code": store.code, "name": store.name},
        "placed_at": _when(row.placed_at),
        "pay_by": _when(row.pay_by),
        "use_by": _when(row.use_by),
        "expected_on": None if row.expected_on is None else row.expected_on.isoformat(),
        "carrier": row.carrier,
        "tracking_number": row.tracking_number,
        "points_back": row.points_back,
        "money_back": _yuan(row.money_back),
    }


def redemption_detail(row: Redemption, now: datetime) -> dict[str, Any]:
    """All of it. Two queries: its steps and its returns."""
    cancel_until = progress.cancel_until(row)
    closes = returns.closes_at(row)
    return redemption(row) | {
        "recipient": row.recipient,
        "phone": row.phone,
        "address": row.address,
        "partner_account": row.partner_account,
        "steps": [
            {"state": step.state, "state_name": step.get_state_display(), "at": _when(step.at)}
            for step in row.steps.order_by("pk")
        ],
        "returns": [goods_back(one) for one in row.returns.order_by("pk")],
        "can_cancel": progress.can_cancel(row, at=now),
        "cancel_until": _when(cancel_until if row.is_open else None),
        "return_until": _when(closes if closes is not None and closes > now else None),
        "has_code": handover.is_ready(row),
    }


def goods_back(row: RedemptionReturn) -> dict[str, Any]:
    return {
        "id": row.pk,
        "quantity": row.quantity,
        "reason": row.reason,
        "state": row.state,
        "state_name": row.get_state_display(),
        "answer": row.answer,
        "points": row.points,
        "points_lapsed": row.points_lapsed,
        "money": _yuan(row.money),
        "asked_at": _when(row.asked_at),
    }


def quote(found: Quote) -> dict[str, Any]:
    refusal = found.refusal
    return {
        "points": found.points,
        "money": _yuan(found.money),
        "freight": _yuan(found.freight),
        "balance_before": found.before,
        "balance_after": found.after,
        "missing": found.missing,
        "lots": [
            {"points": lot.points, "valid_until": _when(lot.valid_until)} for lot in found.lots
        ],
        "refusal": None
        if refusal is None
        else {"code": refusal.code, "message": str(refusal), "field": refusal.field},
    }


def payment(row: Redemption, parameters: Mapping[str, str]) -> dict[str, Any]:
    return {
        "provider": row.payment.provider,
        "state": row.payment.state,
        "amount": _yuan(row.money),
        "parameters": dict(parameters),
    }


def _when(instant: datetime | None) -> str | None:
    return None if instant is None else serializers.DateTimeField().to_representation(instant)


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"
