"""What the API takes and gives about receipts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.selectors import whys
from members.api import naming
from sales.models import Receipt, ReceiptLine
from sales.policies import receipts as policies
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.selectors import explanations, slips
from sales.services.drafts import Outcome
from stores.api.strict import StrictSerializer

BATCH_MAX = 100


class LineSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=policies.SKU_LENGTH)
    name = serializers.CharField(
        max_length=policies.NAME_LENGTH, required=False, allow_blank=True, default=""
    )
    quantity = serializers.DecimalField(
        max_digits=12, decimal_places=3, help_text="More than zero, for returns too."
    )
    unit_price = serializers.DecimalField(max_digits=14, decimal_places=4, help_text="Yuan.")
    amount = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        allow_null=True,
        default=None,
        help_text="What was really paid for the line, after discounts. "
        "Left out: quantity × unit price.",
    )
    sale_line_no = serializers.IntegerField(
        min_value=1,
        max_value=policies.MAX_LINES,
        required=False,
        allow_null=True,
        default=None,
        help_text="For returns: the line of the sale that comes back, counted from 1.",
    )
    kind = serializers.ChoiceField(
        choices=ReceiptLine.Kind.choices,
        required=False,
        default=ReceiptLine.Kind.GOODS.value,
        help_text="Freight is charged on the receipt, but is no article.",
    )
    category = serializers.CharField(
        max_length=policies.CATEGORY_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Code of the article's category, where the till knows it. A code that is not "
        "known here is kept, and matches no rule.",
    )


class ReceiptSerializer(StrictSerializer):
    """One receipt. The store's own number makes it unique: sent again, it is not taken twice."""

    number = serializers.CharField(max_length=policies.NUMBER_LENGTH)
    kind = serializers.ChoiceField(choices=Receipt.Kind.choices)
    occurred_at = serializers.DateTimeField(
        help_text="ISO 8601. Without an offset it is the store's local time."
    )
    member_number = serializers.CharField(max_length=20, required=False)
    member_phone = serializers.CharField(max_length=40, required=False)
    member_external_number = serializers.CharField(max_length=64, required=False)
    create_member = serializers.BooleanField(
        default=False,
        help_text="Register the person when the phone or external number is not a member's yet.",
    )
    original_number = serializers.CharField(
        max_length=policies.NUMBER_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="For returns: the receipt that is returned. It may come later than the return.",
    )
    channel = serializers.CharField(
        max_length=policies.CHANNEL_LENGTH, required=False, allow_blank=True, default=""
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="CNY")
    business = serializers.CharField(
        max_length=policies.BUSINESS_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Line of business, such as rooms, dining or meetings. Blank: the store's.",
    )
    completed_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Of a sale: when the order is complete (delivered, or the presale or group-buy "
        "has ended), where that is not at once. Not before `occurred_at`, at most 400 days after.",
    )
    paid_by_coupon = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        default=Decimal(0),
        help_text="Of a sale: yuan of the total that were paid by coupon and not in money.",
    )
    paid_by_points = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        default=Decimal(0),
        help_text="Of a sale: yuan of the total that were paid by points and not in money.",
    )
    checkout = serializers.CharField(
        max_length=policies.NUMBER_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a sale: the number of its checkout, where that is not the receipt's own. "
        "Points and coupons set aside there are used with this receipt.",
    )
    lines = LineSerializer(  # type: ignore[call-arg]  # with many=True DRF takes it
        many=True, allow_empty=False, max_length=policies.MAX_LINES
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.context.get("zone")
        if isinstance(zone, ZoneInfo):
            for name in ("occurred_at", "completed_at"):
                self.fields[name].timezone = zone  # type: ignore[attr-defined]  # DRF's own

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        naming.named_by(attrs)
        return attrs


def receipt_input(data: Mapping[str, Any]) -> ReceiptInput:
    """Validated data as the intake takes it."""
    member = next(
        (MemberRef(kind, data[name]) for name, kind in naming.FIELDS.items() if data.get(name)),
        None,
    )
    return ReceiptInput(
        number=data["number"],
        kind=data["kind"],
        occurred_at=data["occurred_at"],
        lines=[LineInput(**line) for line in data["lines"]],
        member=member,
        original_number=data["original_number"],
        channel=data["channel"],
        currency=data["currency"],
        business=data["business"],
        completed_at=data["completed_at"],
        paid_by_coupon=data["paid_by_coupon"],
        paid_by_points=data["paid_by_points"],
        checkout=data["checkout"],
    )


def member_field(ref: MemberRef) -> str:
    """The field that named this member."""
    return next(name for name, kind in naming.FIELDS.items() if kind == ref.kind)


class BatchSerializer(serializers.Serializer[Any]):
    receipts = serializers.ListField(
        child=serializers.DictField(),
        allow_empty=False,
        max_length=BATCH_MAX,
        help_text="Receipts as for a single one; each is taken or refused by itself.",
    )


class BalanceSerializer(serializers.Serializer[Any]):
    available = serializers.IntegerField()
    pending = serializers.IntegerField()
    debt = serializers.IntegerField()


class BackIntoSerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: they never lapse.")
    earned_at = serializers.DateTimeField()
    is_new = serializers.BooleanField(
        help_text="Their own lot had lapsed; they count anew for the days of grace."
    )


class CouponBackSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    yuan = serializers.DecimalField(max_digits=15, decimal_places=2)
    is_back = serializers.BooleanField(help_text="False: it is lost, by its own terms.")
    until = serializers.DateTimeField(allow_null=True)


class SlipSerializer(serializers.Serializer[Any]):
    """The return slip: what came back, what went off, and the one difference."""

    spent_back = serializers.IntegerField(help_text="Spent points that were given back.")
    lapsed = serializers.IntegerField(help_text="Spent points whose day had passed for good.")
    lots = BackIntoSerializer(many=True)
    paid_debt = serializers.IntegerField(help_text="Of the points given back, what paid a debt.")
    taken_off = serializers.IntegerField(help_text="What the returned goods had earned.")
    own = serializers.IntegerField(help_text="Of it from the points of that purchase.")
    others = serializers.IntegerField(help_text="Of it from other points.")
    expired = serializers.IntegerField(help_text="Of it lapsed unused; nothing is taken for it.")
    debt = serializers.IntegerField(help_text="Of it owed.")
    shortfall = serializers.IntegerField(help_text="Of it neither taken nor owed.")
    net = serializers.IntegerField(
        help_text="The difference in points: below zero deducted, above given back."
    )
    by_points = serializers.DecimalField(
        max_digits=15, decimal_places=2, help_text="Yuan of the goods that points had paid."
    )
    by_coupon = serializers.DecimalField(
        max_digits=15, decimal_places=2, help_text="Yuan that a coupon had paid; not refunded."
    )
    refund = serializers.DecimalField(
        max_digits=15,
        decimal_places=2,
        allow_null=True,
        help_text="Yuan of the goods that were paid in money; null when the sale is not known.",
    )
    deduct = serializers.DecimalField(max_digits=15, decimal_places=2)
    to_refund = serializers.DecimalField(
        max_digits=15,
        decimal_places=2,
        allow_null=True,
        help_text="What the till pays out: the refund less what it keeps.",
    )
    coupons = CouponBackSerializer(many=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Receipt.Kind.choices)
    state = serializers.ChoiceField(choices=Receipt.State.choices)
    is_replay = serializers.BooleanField(help_text="Whether this receipt was there before.")
    total = serializers.DecimalField(max_digits=15, decimal_places=4, coerce_to_string=True)
    points = serializers.IntegerField(help_text="Signed: earned, or taken back.")
    explanation = serializers.SerializerMethodField()
    explanation_data = serializers.SerializerMethodField(
        help_text="The arithmetic as data; what rules know of the person is left out."
    )
    fault = serializers.CharField(
        help_text="Code of why a return does not fit its sale; empty otherwise."
    )
    shortfall = serializers.IntegerField(
        help_text="Of a return: points that the member no longer had and does not owe."
    )
    deduct = serializers.DecimalField(
        max_digits=15,
        decimal_places=2,
        allow_null=True,
        coerce_to_string=True,
        help_text="Yuan that the till keeps from the refund for the shortfall, by the merchant's "
        "policy; null when it keeps nothing.",
    )
    slip = serializers.SerializerMethodField(
        help_text="Of a settled return: its slip 退货积分单. Otherwise null."
    )
    balance = serializers.SerializerMethodField(
        help_text="The member's points right after this receipt; null for guests and imports."
    )

    @extend_schema_field(str)
    def get_explanation(self, outcome: Outcome) -> str:
        return explanations.sentence(outcome.explanation)

    def get_explanation_data(self, outcome: Outcome) -> dict[str, Any]:
        return whys.shown(outcome.explanation, reader="till")

    @extend_schema_field(SlipSerializer(allow_null=True))
    def get_slip(self, outcome: Outcome) -> dict[str, Any] | None:
        is_settled = outcome.state == Receipt.State.POSTED
        if outcome.kind != Receipt.Kind.RETURN or not is_settled or outcome.receipt_id is None:
            return None
        slip = slips.slip_of(Receipt.objects.get(pk=outcome.receipt_id))
        return None if slip is None else dict(SlipSerializer(slip).data)

    @extend_schema_field(BalanceSerializer(allow_null=True))
    def get_balance(self, outcome: Outcome) -> dict[str, int | None] | None:
        if outcome.available is None:
            return None
        return {
            "available": outcome.available,
            "pending": outcome.pending,
            "debt": outcome.debt,
        }


class RuleWhySerializer(serializers.Serializer[Any]):
    rule = serializers.CharField(help_text="Key of the rule, the same in all versions.")
    name = serializers.CharField()
    points = serializers.IntegerField(help_text="What this rule gave.")
    sentence = serializers.CharField(help_text="Why so many, or none, by Accept-Language.")


class ReceiptDetailSerializer(OutcomeSerializer):
    rules = serializers.SerializerMethodField(
        help_text="Of a sale with a member: what became of each rule. Otherwise empty."
    )

    @extend_schema_field(RuleWhySerializer(many=True))
    def get_rules(self, outcome: Outcome) -> list[dict[str, Any]]:
        found = whys.of_explanation(outcome.explanation, reader="till")
        return [why._asdict() for why in found if why.rule]


class BatchResultSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField(help_text="As if the receipt had been sent alone.")
    number = serializers.CharField()
    outcome = OutcomeSerializer(required=False)
    error = serializers.DictField(required=False, help_text="code, message and field")


class BatchResultsSerializer(serializers.Serializer[Any]):
    results = BatchResultSerializer(many=True)
