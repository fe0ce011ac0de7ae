"""Gifts of points, by API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from members.exceptions import RelationUnknown
from members.selectors import relations
from points.exceptions import KeyMissing
from points.models import Gift
from points.policies import LIMIT
from points.selectors import gifts as selectors
from points.services import gifts
from stores.api.strict import StrictSerializer

KEY_HEADER = "Idempotency-Key"


class GiftContentSerializer(StrictSerializer):
    relation = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    points = serializers.IntegerField(min_value=1, max_value=LIMIT)
    words = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")


class GiftSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    direction = serializers.ChoiceField(choices=["sent", "received"])
    other = serializers.CharField(help_text="The name of the other, or their masked number.")
    points = serializers.IntegerField()
    words = serializers.CharField(allow_blank=True)
    given_at = serializers.DateTimeField()
    entry_id = serializers.IntegerField(help_text="The entry in the caller's own account.")


class GiftPageSerializer(serializers.Serializer[Any]):
    results = GiftSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class AllowanceSerializer(serializers.Serializer[Any]):
    is_on = serializers.BooleanField()
    cooling_off_days = serializers.IntegerField()
    points_min = serializers.IntegerField()
    points_max = serializers.IntegerField(help_text="Of one gift, with this month's limits.")
    gifts_left = serializers.IntegerField(help_text="This calendar month.")
    points_left = serializers.IntegerField(help_text="This calendar month.")


class GiftQuery(serializers.Serializer[Any]):
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)


class GiftsView(APIView):
    """What the member gave and got."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_gifts_list", parameters=[GiftQuery], responses=GiftPageSerializer
    )
    def get(self, request: Request) -> Response:
        query = GiftQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        member = calling_member(request)
        rows = selectors.gifts_of(member.pk)
        if "cursor" in query.validated_data:
            rows = rows.filter(pk__lt=query.validated_data["cursor"])
        size = query.validated_data["page_size"]
        found = list(rows[: size + 1])
        page = [_shown(gift, member.pk) for gift in found[:size]]
        next_cursor = str(found[size - 1].pk) if len(found) > size else None
        return Response({"results": page, "next_cursor": next_cursor})

    @extend_schema(
        operation_id="me_gifts_create",
        parameters=[
            OpenApiParameter(
                KEY_HEADER, str, OpenApiParameter.HEADER, required=True, description="1–64 signs."
            )
        ],
        request=GiftContentSerializer,
        responses={201: GiftSerializer, 200: GiftSerializer},
    )
    def post(self, request: Request) -> Response:
        """201 for a gift, 200 with the first answer for a repeat of its key; 409 for the key of
        another gift; 403 when gifts are off or the two are not bound long enough."""
        key = request.headers.get(KEY_HEADER, "")
        if not key:
            raise KeyMissing
        data = GiftContentSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member = calling_member(request)
        bond = relations.bond(member.pk, data.validated_data["relation"])
        if bond is None:
            raise RelationUnknown(field="relation")
        given = gifts.give(
            giver_id=member.pk,
            receiver_id=bond.other.pk,
            points=data.validated_data["points"],
            words=data.validated_data["words"],
            key=key,
            actor=f"member:{member.pk}",
            at=timezone.now(),
        )
        code = status.HTTP_200_OK if given.is_replay else status.HTTP_201_CREATED
        return Response(_shown(given.gift, member.pk), status=code)


class AllowanceView(APIView):
    """What limits leave to the member this month."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_gifts_allowance", responses=AllowanceSerializer)
    def get(self, request: Request) -> Response:
        allowance = selectors.allowance(calling_member(request).pk, timezone.now())
        content = {
            "is_on": allowance.settings.is_on,
            "cooling_off_days": allowance.settings.cooling_off_days,
            "points_min": allowance.settings.points_min,
            "points_max": allowance.most,
            "gifts_left": allowance.gifts_left,
            "points_left": allowance.points_left,
        }
        return Response(AllowanceSerializer(content).data)


def _shown(gift: Gift, member_id: int) -> dict[str, Any]:
    is_sent = gift.giver_id == member_id
    other = gift.receiver if is_sent else gift.giver
    content = {
        "id": gift.pk,
        "direction": "sent" if is_sent else "received",
        "other": other.name or other.masked_number,
        "points": gift.points,
        "words": gift.words,
        "given_at": gift.given_at,
        "entry_id": gift.out_entry_id if is_sent else gift.in_entry_id,
    }
    return dict(GiftSerializer(content).data)
