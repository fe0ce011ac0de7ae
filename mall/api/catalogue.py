"""The catalogue by API: for members at their own prices, for guests at the usual ones."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.api import catalogue_serializers as serializers
from mall.models import Reward
from mall.selectors import catalogue, shelving, visitors
from mall.services import wishes
from members.api.authentication import Caller, IsMember, calling_member


class RewardsView(GenericAPIView[Reward]):
    """Rewards by words, filters and order. Invitations are seen by the invited only."""

    permission_classes = (AllowAny,)
    serializer_class = serializers.RewardLineSerializer
    queryset = Reward.objects.none()

    @extend_schema(
        operation_id="mall_rewards_list",
        parameters=[serializers.CatalogueQuery],
        responses=serializers.RewardPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = serializers.CatalogueQuery(data=_single(request))
        query.is_valid(raise_exception=True)
        return _page(self, request, query.asked())


class RewardView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="mall_rewards_retrieve", responses=serializers.RewardDetailSerializer
    )
    def get(self, request: Request, code: str) -> Response:
        """One reward with its variants, and for each whether it can be redeemed, or why not."""
        now = timezone.now()
        who = visitors.visitor(_member_id(request), at=now)
        card = catalogue.card(who, code[:64], at=now)
        if card is None:
            raise Http404
        pictures = list(card.reward.pictures.all())
        return Response(serializers.detail(card, pictures, request))


class LayoutView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="mall_layout_retrieve", responses=serializers.LayoutSerializer)
    def get(self, request: Request) -> Response:
        """Categories and shelves, in the merchant's order. Two queries."""
        return Response(serializers.layout(shelving.categories(), shelving.shelves()))


class WishesView(GenericAPIView[Reward]):
    """What the member wishes for, the newest wish first."""

    permission_classes = (IsMember,)
    serializer_class = serializers.RewardLineSerializer
    queryset = Reward.objects.none()

    @extend_schema(operation_id="me_wishes_list", responses=serializers.RewardPageSerializer)
    def get(self, request: Request) -> Response:
        return _page(self, request, catalogue.Asked(is_wished=True))


class WishView(APIView):
    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_wishes_update", request=None, responses={201: None, 200: None})
    def put(self, request: Request, code: str) -> Response:
        """Wish for a reward: 201 for a new wish, 200 for one that was there."""
        now = timezone.now()
        member = calling_member(request)
        who = visitors.visitor(member.pk, at=now)
        reward = catalogue.visible(who).filter(code=code[:64]).first()
        if reward is None:
            raise Http404
        is_new = wishes.add(member_id=member.pk, reward=reward, at=now)
        return Response(status=201 if is_new else 200)

    @extend_schema(operation_id="me_wishes_destroy", responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        """Take it off the list; also what has left the shelf, or was never on it."""
        wishes.remove(member_id=calling_member(request).pk, reward_code=code[:64])
        return Response(status=204)


def _page(view: GenericAPIView[Reward], request: Request, asked: catalogue.Asked) -> Response:
    now = timezone.now()
    who = visitors.visitor(_member_id(request), at=now)
    found = view.paginate_queryset(catalogue.ids(who, asked, at=now)) or []
    shown = catalogue.cards(who, list(found), at=now)
    return view.get_paginated_response([serializers.line(card, request) for card in shown])


def _member_id(request: Request) -> int | None:
    return request.user.pk if isinstance(request.user, Caller) else None


def _single(request: Request) -> dict[str, Any]:
    """The query with its one repeatable name as a list."""
    data: dict[str, Any] = request.query_params.dict()
    if "kind" in data:
        data["kind"] = request.query_params.getlist("kind")
    return data
