"""What the API takes and gives about coupons."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from mall.exceptions.coupons import CouponRefused
from mall.models import Coupon
from mall.policies.coupon_codes import TYPED_MAX, OrderState, Status
from mall.policies.coupons import Discount
from mall.selectors import coupons as selectors
from mall.selectors.baskets import Told
from mall.services.coupons import CODES_MAX, Quote, Returned
from members.api import naming
from members.exceptions import MemberUnknown
from members.selectors import people
from stores.api.strict import StrictSerializer
from stores.policies import CODE_LENGTH, SKU_LENGTH

LINES_MAX = 500
LINE_KINDS = [("goods", _("goods")), ("freight", _("freight"))]


class CouponBasketLineSerializer(StrictSerializer):
    line_no = serializers.IntegerField(min_value=1, max_value=100_000)
    sku = serializers.CharField(max_length=SKU_LENGTH, allow_blank=True, default="")
    category = serializers.CharField(
        max_length=CODE_LENGTH,
        allow_blank=True,
        default="",
        help_text="Code, where the till knows it. Left out: the article's.",
    )
    kind = serializers.ChoiceField(choices=LINE_KINDS, default="goods")
    quantity = serializers.DecimalField(
        max_digits=12, decimal_places=3, min_value=Decimal("0.001"), default=Decimal(1)
    )
    amount = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=Decimal(0),
        help_text="Yuan that the whole line costs before coupons.",
    )


class CouponNamedSerializer(StrictSerializer):
    """A member, named in one way."""

    member_number = serializers.CharField(max_length=20, required=False)
    member_phone = serializers.CharField(max_length=40, required=False)
    member_external_number = serializers.CharField(max_length=64, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if naming.named_by(attrs) is None:
            message = _("Name the member by number, phone or external number.")
            raise serializers.ValidationError({"member_number": message}, code="required")
        return attrs


class CouponBasketSerializer(CouponNamedSerializer):
    lines = CouponBasketLineSerializer(many=True, allow_empty=False, max_length=LINES_MAX)  # type: ignore[call-arg]  # with many=True DRF takes it

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        numbers = [line["line_no"] for line in lines]
        if len(set(numbers)) != len(numbers):
            raise serializers.ValidationError(_("Two lines have the same number."), code="twice")
        return lines


def _codes(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=TYPED_MAX), max_length=CODES_MAX, **options
    )


class CouponOrderSerializer(StrictSerializer):
    order = serializers.CharField(
        max_length=64, help_text="The store's own number of the purchase: it makes a step once."
    )


class CouponQuoteSerializer(CouponBasketSerializer):
    codes = _codes(
        required=False,
        help_text="As typed or scanned. Left out: every usable coupon of the member, each by "
        "itself, the best first.",
    )


class CouponLockSerializer(CouponBasketSerializer, CouponOrderSerializer):
    codes = _codes(allow_empty=False)
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, default=15, help_text="How long they are held."
    )


class CouponReturnSerializer(CouponOrderSerializer):
    codes = _codes(required=False, help_text="Left out: all coupons of the order.")


class CouponLookUpSerializer(StrictSerializer):
    code = serializers.CharField(max_length=TYPED_MAX)


class CouponClaimSerializer(StrictSerializer):
    code = serializers.CharField(max_length=TYPED_MAX, help_text="Off a leaflet, or single-use.")


class CouponLineShareSerializer(serializers.Serializer[Any]):
    line_no = serializers.IntegerField()
    yuan = serializers.DecimalField(max_digits=12, decimal_places=2)


class CouponDiscountSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    yuan = serializers.DecimalField(max_digits=12, decimal_places=2)
    lines = CouponLineShareSerializer(
        many=True, help_text="Exact to the fen; they add up to `yuan`."
    )
    with_points = serializers.BooleanField(
        help_text="Whether points may be used as money at the same purchase."
    )


class CouponRefusalSerializer(serializers.Serializer[Any]):
    coupon = serializers.CharField()
    code = serializers.CharField(help_text="Stable, such as `coupon_below_threshold`.")
    message = serializers.CharField()


class CouponQuoteAnswerSerializer(serializers.Serializer[Any]):
    yuan = serializers.DecimalField(
        max_digits=12, decimal_places=2, help_text="Together; of codes that were named."
    )
    with_points = serializers.BooleanField()
    discounts = CouponDiscountSerializer(many=True)
    refusals = CouponRefusalSerializer(many=True)


class CouponOrderAnswerSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    state = serializers.ChoiceField(choices=[one.value for one in OrderState])
    until = serializers.DateTimeField(allow_null=True)
    yuan = serializers.DecimalField(max_digits=12, decimal_places=2)
    discounts = CouponDiscountSerializer(many=True)


class CouponReturnedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    is_given_back = serializers.BooleanField(help_text="False: lost with the return.")
    yuan = serializers.DecimalField(max_digits=12, decimal_places=2)
    expires_at = serializers.DateTimeField(help_text="Its own validity, which may be over.")


class CouponReturnAnswerSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    coupons = CouponReturnedSerializer(many=True)


class CouponSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    code = serializers.CharField(help_text="Grouped; spaces, dashes and case do not matter.")
    template = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=[one.value for one in Status])
    figure = serializers.CharField(help_text="What it takes off, as on its ticket.")
    condition = serializers.CharField()
    scope = serializers.ListField(child=serializers.CharField())
    starts_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    used_in = serializers.CharField(allow_null=True)
    saved_yuan = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)


class CouponPageSerializer(serializers.Serializer[Any]):
    results = CouponSerializer(many=True)
    next_page = serializers.IntegerField(allow_null=True)


class CouponFoundSerializer(CouponSerializer):
    member_number = serializers.CharField(help_text="Masked.")
    reason = serializers.CharField(
        allow_null=True, help_text="Code why it cannot be used in this store now; null: it can."
    )
    message = serializers.CharField(allow_blank=True)


class CouponClaimedSerializer(serializers.Serializer[Any]):
    is_new = serializers.BooleanField(help_text="False: the member had it already.")
    coupon = CouponSerializer()


def member_of(data: Mapping[str, Any]) -> int:
    """The member whom a request names; raises `MemberUnknown`."""
    name = naming.named_by(data) or "member_number"
    found = people.member_id(naming.FIELDS[name], data[name])
    if found is None:
        raise MemberUnknown(field=name)
    return found


def told(data: Mapping[str, Any]) -> list[Told]:
    return [Told(**line) for line in data["lines"]]


def shown_quote(quote: Quote) -> dict[str, Any]:
    content = {
        "yuan": quote.yuan,
        "with_points": quote.with_points,
        "discounts": [_discount(one) for one in quote.discounts],
        "refusals": [
            {"coupon": coupon, "code": one.code, "message": str(one)}
            for coupon, one in quote.refusals.items()
        ],
    }
    return dict(CouponQuoteAnswerSerializer(content).data)


def shown_order(
    order: str, state: str, discounts: list[Discount], *, until: datetime | None = None
) -> dict[str, Any]:
    content = {
        "order": order,
        "state": state,
        "until": until,
        "yuan": sum((one.yuan for one in discounts), Decimal(0)),
        "discounts": [_discount(one) for one in discounts],
    }
    return dict(CouponOrderAnswerSerializer(content).data)


def shown_returns(order: str, returned: list[Returned]) -> dict[str, Any]:
    return dict(CouponReturnAnswerSerializer({"order": order, "coupons": returned}).data)


def shown_ticket(ticket: selectors.Ticket) -> dict[str, Any]:
    return dict(CouponSerializer(_ticket(ticket)).data)


def shown_found(coupon: Coupon, refusal: CouponRefused | None, at: datetime) -> dict[str, Any]:
    (ticket,) = selectors.tickets([coupon], at)
    content = _ticket(ticket) | {
        "member_number": coupon.member.masked_number,
        "reason": refusal.code if refusal is not None else None,
        "message": str(refusal) if refusal is not None else "",
    }
    return dict(CouponFoundSerializer(content).data)


def _ticket(ticket: selectors.Ticket) -> dict[str, Any]:
    row, used = ticket.coupon, ticket.used
    return {
        "id": row.pk,
        "code": row.grouped_code,
        "template": row.template.code,
        "name": ticket.name,
        "kind": row.template.kind,
        "status": ticket.status.value,
        "figure": ticket.figure,
        "condition": ticket.condition,
        "scope": ticket.scope,
        "starts_at": row.starts_at,
        "expires_at": row.expires_at,
        "used_at": used.used_at if used is not None else None,
        "used_in": used.store.name if used is not None else None,
        "saved_yuan": used.yuan if used is not None else None,
    }


def _discount(discount: Discount) -> dict[str, Any]:
    return {
        "code": discount.code,
        "yuan": discount.yuan,
        "lines": [{"line_no": n, "yuan": yuan} for n, yuan in discount.by_line.items()],
        "with_points": discount.with_points,
    }
