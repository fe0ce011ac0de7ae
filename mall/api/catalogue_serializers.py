"""What the API says of the catalogue, and what may be asked of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from mall.models import Reward, RewardCategory, RewardPicture, Shelf
from mall.models.catalogue import POINTS_MAX
from mall.policies.offers import Price, Reason
from mall.selectors import cards, catalogue, search
from mall.selectors.cards import Card
from mall.selectors.offers import Offer
from stores.api.strict import StrictSerializer

QUESTION_MAX = 5_000


class CatalogueQuery(StrictSerializer):
    """Filters and order of the catalogue; what is left out does not narrow it."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=QUESTION_MAX)
    category = serializers.SlugField(required=False, allow_blank=True, max_length=32)
    shelf = serializers.SlugField(required=False, allow_blank=True, max_length=32)
    kind = serializers.MultipleChoiceField(required=False, choices=Reward.Kind.choices)
    min_points = serializers.IntegerField(required=False, min_value=0, max_value=POINTS_MAX)
    max_points = serializers.IntegerField(required=False, min_value=0, max_value=POINTS_MAX)
    affordable = serializers.BooleanField(required=False, default=False)
    in_stock = serializers.BooleanField(required=False, default=False)
    limited = serializers.BooleanField(required=False, default=False)
    store = serializers.CharField(required=False, allow_blank=True, max_length=32)
    sort = serializers.ChoiceField(required=False, choices=catalogue.SORTS, default="recommended")
    page = serializers.IntegerField(required=False, min_value=1, max_value=100_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100)

    def asked(self) -> catalogue.Asked:
        data = self.validated_data
        text = data.get("q", "")
        return catalogue.Asked(
            question=search.question(text) if text.strip() else None,
            category=data.get("category", ""),
            shelf=data.get("shelf", ""),
            kinds=sorted(data.get("kind", ())),
            min_points=data.get("min_points"),
            max_points=data.get("max_points"),
            is_affordable=data["affordable"],
            is_in_stock=data["in_stock"],
            is_limited=data["limited"],
            store=data.get("store", ""),
            sort=data["sort"],
        )


class PriceSerializer(serializers.Serializer[Any]):
    points = serializers.IntegerField()
    money = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="In yuan.")


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Such as gap, level_needed, sold_out, not_started.")
    label = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="In a few words."
    )
    message = serializers.CharField()
    missing = serializers.IntegerField(allow_null=True, help_text="Points, for the code gap.")


class PictureSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(allow_blank=True)
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    sources = serializers.DictField(
        child=serializers.URLField(), help_text="Addresses by width in pixels: 320, 640, 960."
    )


class RewardLineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=Reward.Kind.choices)
    name = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_null=True)
    shelf = serializers.CharField(allow_null=True)
    price = PriceSerializer(help_text="The caller's own price of one piece.")
    usual_price = PriceSerializer()
    price_for = serializers.CharField(
        allow_blank=True, help_text="What made it better: level, segment or time; or nothing."
    )
    has_dearer_variants = serializers.BooleanField()
    market_value = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True)
    can_redeem = serializers.BooleanField()
    reason = ReasonSerializer(allow_null=True)
    left = serializers.IntegerField(allow_null=True, help_text="Pieces, when they run low.")
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Of the offer or its price.")
    is_wished = serializers.BooleanField()
    picture = PictureSerializer(allow_null=True)


class VariantSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(help_text="What an order names the variant by.")
    name = serializers.CharField(allow_blank=True)
    price = PriceSerializer()
    usual_price = PriceSerializer()
    can_redeem = serializers.BooleanField()
    reason = ReasonSerializer(allow_null=True)
    most = serializers.IntegerField(help_text="Pieces that limits and stock leave to the caller.")
    left = serializers.IntegerField(allow_null=True, help_text="Pieces, when they run low.")
    starts_at = serializers.DateTimeField(allow_null=True, help_text="Of an experience.")
    ends_at = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField(allow_blank=True)


class RewardDetailSerializer(RewardLineSerializer):
    description = serializers.CharField(help_text="Cleaned HTML: p br strong em ul ol li h3 h4 a.")
    pictures = PictureSerializer(many=True)
    variants = VariantSerializer(many=True)
    can_ship = serializers.BooleanField()
    can_pick_up = serializers.BooleanField()
    freight = serializers.DecimalField(max_digits=8, decimal_places=2)
    return_days = serializers.IntegerField()
    partner = serializers.CharField(allow_blank=True)
    partner_unit = serializers.CharField(allow_blank=True)
    partner_amount = serializers.IntegerField(allow_null=True)


class RewardPageSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = RewardLineSerializer(many=True)


class NamedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class ShelfSerializer(NamedSerializer):
    words = serializers.CharField(allow_blank=True)
    level = serializers.CharField(allow_null=True, help_text="From this level on; null: for all.")


class LayoutSerializer(serializers.Serializer[Any]):
    categories = NamedSerializer(many=True)
    shelves = ShelfSerializer(many=True)


def line(card: Card, request: Request) -> dict[str, Any]:
    reward = card.reward
    return {
        "code": reward.code,
        "kind": reward.kind,
        "name": reward.label,
        "summary": reward.line,
        "category": reward.category.code if reward.category else None,
        "shelf": reward.shelf.code if reward.shelf else None,
        "price": _price(card.price),
        "usual_price": _price(card.usual),
        "price_for": card.price.why,
        "has_dearer_variants": card.is_from,
        "market_value": _yuan(reward.market_value),
        "can_redeem": card.reason is None,
        "reason": _reason(card.reason),
        "left": card.left,
        "starts_at": reward.starts_at,
        "ends_at": card.ends_at,
        "is_wished": card.is_wished,
        "picture": _picture(card.picture, request) if card.picture else None,
    }


def detail(card: Card, pictures: Sequence[RewardPicture], request: Request) -> dict[str, Any]:
    reward = card.reward
    return line(card, request) | {
        "description": reward.text,
        "pictures": [_picture(picture, request) for picture in pictures],
        "variants": [_variant(card, offer) for offer in card.offers],
        "can_ship": reward.can_ship,
        "can_pick_up": reward.can_pick_up,
        "freight": _yuan(reward.freight),
        "return_days": reward.return_days,
        "partner": reward.partner,
        "partner_unit": reward.partner_unit,
        "partner_amount": reward.partner_amount,
    }


def layout(categories: Sequence[RewardCategory], shelves: Sequence[Shelf]) -> dict[str, Any]:
    return {
        "categories": [{"code": one.code, "name": one.label} for one in categories],
        "shelves": [
            {
                "code": one.code,
                "name": one.label,
                "words": one.sentence,
                "level": one.level.code if one.level else None,
            }
            for one in shelves
        ],
    }


def _variant(card: Card, offer: Offer) -> dict[str, Any]:
    reason = card.reason_of(offer)
    return {
        "sku": offer.sku,
        "name": offer.name,
        "price": _price(offer.price),
        "usual_price": _price(offer.usual),
        "can_redeem": reason is None,
        "reason": _reason(reason),
        "most": offer.most,
        "left": offer.stock.remaining if offer.is_low else None,
        "starts_at": offer.stock.starts_at,
        "ends_at": offer.ends_at,
        "place": offer.place,
    }


def _price(price: Price) -> dict[str, Any]:
    return {"points": price.points, "money": _yuan(price.money)}


def _yuan(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _reason(reason: Reason | None) -> dict[str, Any] | None:
    if reason is None:
        return None
    return {
        "code": reason.code,
        "label": cards.short(reason),
        "message": cards.sentence(reason),
        "missing": reason.params.get("missing") if reason.code == "gap" else None,
    }


def _picture(picture: RewardPicture, request: Request) -> dict[str, Any]:
    name = picture.path.rpartition("/")[2]
    return {
        "words": str(picture) if picture.words else "",
        "width": picture.width,
        "height": picture.height,
        "sources": {
            str(width): request.build_absolute_uri(reverse("mall:picture", args=[name, width]))
            for width in RewardPicture.WIDTHS
        },
    }
