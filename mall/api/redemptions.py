"""Orders of a member, by API."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.api import redemption_serializers as serializers
from mall.models import Redemption
from mall.selectors.redemptions import order_of, orders_of
from mall.services import codes, handover, payments, progress, quoting, redemption, returns
from members.api.authentication import IsMember, calling_member
from members.selectors.security import openid_of
from points.exceptions import KeyMissing

KEY_HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    KEY_HEADER, str, OpenApiParameter.HEADER, required=True, description="1–64 signs."
)


class QuoteView(APIView):
    """What an order would cost and leave, and why it cannot be placed; nothing is written."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_quote",
        request=serializers.OrderSerializer,
        responses=serializers.RedemptionQuoteSerializer,
    )
    def post(self, request: Request) -> Response:
        order = serializers.order_in(request.data)
        member = calling_member(request)
        quote = quoting.quote(member_id=member.pk, order=order, at=timezone.now())
        return Response(serializers.quote(quote))


class RedemptionsView(APIView):
    """The member's orders, newest first, and placing one."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_list",
        parameters=[serializers.RedemptionQuery],
        responses=serializers.RedemptionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = serializers.RedemptionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        rows = orders_of(calling_member(request).pk, tab=asked["tab"])
        if "cursor" in asked:
            rows = rows.filter(pk__lt=asked["cursor"])
        size = asked["page_size"]
        found = list(rows[: size + 1])
        page = found[:size]
        return Response(
            {
                "results": [serializers.redemption(row) for row in page],
                "next_cursor": str(page[-1].pk) if len(found) > size else None,
            }
        )

    @extend_schema(
        operation_id="me_redemptions_create",
        parameters=[KEY],
        request=serializers.OrderSerializer,
        responses={
            201: serializers.RedemptionSerializer,
            200: serializers.RedemptionSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """201 for an order, 200 with the first answer for a repeat of its key; 409 for the key
        of another order."""
        key = request.headers.get(KEY_HEADER, "")
        if not key:
            raise KeyMissing
        member = calling_member(request)
        caller = f"member:{member.pk}"
        done = redemption.redeem(
            member_id=member.pk,
            order=serializers.order_in(request.data),
            caller=caller,
            key=key,
            actor=caller,
            at=timezone.now(),
        )
        code = status.HTTP_200_OK if done.is_replay else status.HTTP_201_CREATED
        return Response(serializers.redemption(done.redemption), status=code)


class RedemptionView(APIView):
    """One order with its steps, its returns, and until when what can be done with it."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_retrieve", responses=serializers.RedemptionDetailSerializer
    )
    def get(self, request: Request, number: str) -> Response:
        return Response(serializers.redemption_detail(_own(request, number), timezone.now()))


class HandOverCodeView(APIView):
    """The code for the counter; a new one every half-minute, each counts for a minute at most."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_redemptions_code", responses=serializers.HandOverCodeSerializer)
    def get(self, request: Request, number: str) -> Response:
        code = handover.code_of(_own(request, number), at=timezone.now())
        if code is None:
            raise Http404
        return Response({"code": code.digits, "seconds": code.seconds})


class CancelView(APIView):
    """Cancel an order of which nothing has left the house: points, stock and money go back."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_cancel",
        request=None,
        responses=serializers.RedemptionDetailSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        member, now = calling_member(request), timezone.now()
        progress.cancel(
            redemption_id=_own(request, number).pk,
            actor=f"member:{member.pk}",
            at=now,
            member_id=member.pk,
        )
        return Response(serializers.redemption_detail(_own(request, number), now))


class ReceivedView(APIView):
    """The goods have arrived."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_received",
        request=None,
        responses=serializers.RedemptionDetailSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        member, now = calling_member(request), timezone.now()
        progress.complete(
            redemption_id=_own(request, number).pk,
            actor=f"member:{member.pk}",
            at=now,
            member_id=member.pk,
        )
        return Response(serializers.redemption_detail(_own(request, number), now))


class CodesView(APIView):
    """Open the virtual codes of an order; from then on they count as seen."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_open_codes",
        request=None,
        responses=serializers.OpenedCodesSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        found = codes.opened(redemption=_own(request, number), at=timezone.now())
        if not found:
            raise Http404
        return Response({"codes": found})


class ReturnsView(APIView):
    """Ask to send goods back."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_return",
        request=serializers.ReturnRequestSerializer,
        responses={201: serializers.ReturnSerializer},
    )
    def post(self, request: Request, number: str) -> Response:
        data = serializers.ReturnRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member = calling_member(request)
        asked = returns.ask(
            redemption_id=_own(request, number).pk,
            member_id=member.pk,
            at=timezone.now(),
            **data.validated_data,
        )
        return Response(serializers.goods_back(asked), status=status.HTTP_201_CREATED)


class WithdrawView(APIView):
    """Keep the goods after all."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_return_withdraw",
        request=None,
        responses=serializers.ReturnSerializer,
    )
    def post(self, request: Request, number: str, return_id: int) -> Response:
        found = _own(request, number).returns.filter(pk=return_id).first()
        if found is None:
            raise Http404
        done = returns.withdraw(
            return_id=found.pk, member_id=calling_member(request).pk, at=timezone.now()
        )
        return Response(serializers.goods_back(done))


class PaymentView(APIView):
    """Pay the part in money: what the client needs for it, from the provider."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_redemptions_pay",
        request=serializers.PaymentRequestSerializer,
        responses=serializers.PaymentSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        data = serializers.PaymentRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member, order = calling_member(request), _own(request, number)
        parameters = payments.start(
            redemption=order,
            way=data.validated_data["way"],
            at=timezone.now(),
            payer=openid_of(member.pk),
            ip=request.META.get("REMOTE_ADDR", ""),
        )
        return Response(serializers.payment(order, parameters))


def _own(request: Request, number: str) -> Redemption:
    found = order_of(calling_member(request).pk, number)
    if found is None:
        raise Http404
    return found
