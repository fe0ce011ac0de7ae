"""What the API takes and gives about checkouts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from members.api import naming
from points.policies import LIMIT
from sales.models import Checkout, ReceiptLine
from sales.policies import receipts as policies
from sales.policies import refunds
from sales.policies.receipts import LineInput
from sales.selectors import checkouts as selectors
from sales.services.checkouts import CODES_MAX, Held, Order, Quote
from stores.api.strict import StrictSerializer

_CODE_LENGTH = 64
_MONEY: dict[str, Any] = {"max_digits": 15, "decimal_places": 4, "coerce_to_string": True}


class BasketLineSerializer(StrictSerializer):
    """A line as its receipt will have it: the same goods, quantities and amounts."""

    sku = serializers.CharField(max_length=policies.SKU_LENGTH)
    name = serializers.CharField(
        max_length=policies.NAME_LENGTH, required=False, allow_blank=True, default=""
    )
    quantity = serializers.DecimalField(max_digits=12, decimal_places=3)
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4)
    amount = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        allow_null=True,
        default=None,
        help_text="What the line costs before coupons and points. Left out: quantity × price.",
    )
    kind = serializers.ChoiceField(
        choices=ReceiptLine.Kind.choices, required=False, default=ReceiptLine.Kind.GOODS.value
    )
    category = serializers.CharField(
        max_length=policies.CATEGORY_LENGTH, required=False, allow_blank=True, default=""
    )


class BasketSerializer(StrictSerializer):
    lines = BasketLineSerializer(  # type: ignore[call-arg]  # with many=True DRF takes it
        many=True, allow_empty=False, max_length=policies.MAX_LINES
    )
    coupons = serializers.ListField(
        child=serializers.CharField(max_length=_CODE_LENGTH),
        required=False,
        default=list,
        max_length=CODES_MAX,
        help_text="Codes of the member's coupons to use with this order.",
    )
    points = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=LIMIT,
        help_text="How many points to use. Left out: as many as may be; 0: coupons only.",
    )


class TillBasketSerializer(BasketSerializer):
    """With the member, named in one of three ways."""

    member_number = serializers.CharField(max_length=20, required=False)
    member_phone = serializers.CharField(max_length=40, required=False)
    member_external_number = serializers.CharField(max_length=64, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if naming.named_by(attrs) is None:
            message = _("Say whose points or coupons these are.")
            raise serializers.ValidationError({"member_number": message}, code="required")
        return attrs


class TillCheckoutSerializer(TillBasketSerializer):
    number = serializers.CharField(
        max_length=policies.NUMBER_LENGTH,
        help_text="The store's own number of the order, best the one its receipt will have.",
    )


class MemberBasketSerializer(BasketSerializer):
    store = serializers.CharField(max_length=32, help_text="Code of the store that sells.")


def order_of(member_id: int, data: Mapping[str, Any]) -> Order:
    """Validated data as the services take it."""
    return Order(
        member_id=member_id,
        lines=[LineInput(**line) for line in data["lines"]],
        codes=tuple(data["coupons"]),
        points=data["points"],
    )


class DeductionReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class CouponReasonSerializer(DeductionReasonSerializer):
    coupon = serializers.CharField()


class CouponShareSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    yuan = serializers.DecimalField(**_MONEY)


class PaidLineSerializer(serializers.Serializer[Any]):
    line_no = serializers.IntegerField()
    by_coupon = serializers.DecimalField(**_MONEY)
    by_points = serializers.DecimalField(**_MONEY)
    points = serializers.IntegerField()


class QuoteSerializer(serializers.Serializer[Any]):
    """What coupons and points would pay. Nothing is set aside yet."""

    total = serializers.DecimalField(**_MONEY)
    coupons = CouponShareSerializer(many=True)
    refused_coupons = CouponReasonSerializer(many=True)
    balance = serializers.IntegerField(help_text="Points that the member has to use.")
    points_most = serializers.IntegerField()
    yuan_most = serializers.DecimalField(**_MONEY)
    why_not_more = DeductionReasonSerializer(many=True)
    points = serializers.IntegerField(help_text="As asked for, or the most; 0 when refused.")
    yuan = serializers.DecimalField(**_MONEY)
    refused_points = DeductionReasonSerializer(allow_null=True)
    points_per_yuan = serializers.IntegerField()
    left_to_pay = serializers.DecimalField(**_MONEY)
    lines = PaidLineSerializer(many=True)


def quoted(quote: Quote) -> dict[str, Any]:
    fault = quote.fault
    content = {
        "total": quote.total,
        "coupons": [{"code": one.code, "yuan": one.yuan} for one in quote.discounts],
        "refused_coupons": [
            {"coupon": code, "code": refusal.code, "message": str(refusal)}
            for code, refusal in quote.refusals.items()
        ],
        "balance": quote.balance,
        "points_most": quote.most.points,
        "yuan_most": quote.most.yuan,
        "why_not_more": [
            {"code": one.code, "message": selectors.sentence(one)} for one in quote.most.reasons
        ],
        "points": quote.points,
        "yuan": quote.yuan,
        "refused_points": fault and {"code": fault.code, "message": selectors.sentence(fault)},
        "points_per_yuan": quote.terms.points_per_yuan,
        "left_to_pay": quote.left,
        "lines": [one._asdict() for one in quote.lines],
    }
    return dict(QuoteSerializer(content).data)


class CheckoutSerializer(serializers.Serializer[Any]):
    """A checkout as it stands now."""

    number = serializers.CharField()
    store = serializers.CharField(source="store.code")
    state = serializers.SerializerMethodField(
        help_text="`timed_out` from `expires_at` on, whether or not a job has run."
    )
    is_replay = serializers.BooleanField(help_text="Whether it stood before this request.")
    total = serializers.DecimalField(**_MONEY)
    paid_by_coupon = serializers.DecimalField(**_MONEY)
    paid_by_points = serializers.DecimalField(**_MONEY)
    points = serializers.IntegerField()
    points_per_yuan = serializers.IntegerField()
    left_to_pay = serializers.SerializerMethodField()
    coupons = CouponShareSerializer(many=True)
    lines = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    receipt = serializers.SerializerMethodField(
        help_text="Number of the receipt that was paid with it; null before."
    )

    @extend_schema_field(serializers.ChoiceField(choices=Checkout.State.choices))
    def get_state(self, row: Checkout) -> str:
        return selectors.state_at(row, timezone.now()).value

    def get_left_to_pay(self, row: Checkout) -> str:
        left: Decimal = Decimal(row.total) - row.paid_by_coupon - row.paid_by_points
        return f"{left:.4f}"

    @extend_schema_field(PaidLineSerializer(many=True))
    def get_lines(self, row: Checkout) -> list[dict[str, Any]]:
        rows = [one._asdict() for one in refunds.paid_lines(row.plan)]
        return [dict(one) for one in PaidLineSerializer(rows, many=True).data]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_receipt(self, row: Checkout) -> str | None:
        return row.receipt.number if row.receipt else None


def shown(held: Held) -> dict[str, Any]:
    held.checkout.is_replay = held.is_replay  # type: ignore[attr-defined]  # for the serializer
    return dict(CheckoutSerializer(held.checkout).data)


class CheckoutPageSerializer(serializers.Serializer[Any]):
    results = CheckoutSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class CheckoutQuery(serializers.Serializer[Any]):
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)
