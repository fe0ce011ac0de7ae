"""A member's own coupons."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.api import coupon_serializers as serializers
from mall.selectors import coupons as selectors
from mall.services import coupon_claims
from members.api.authentication import IsMember, calling_member


class CouponsQuery(drf.Serializer):  # type: ignore[type-arg]  # of no instance
    state = drf.ChoiceField(choices=selectors.TABS, default="open")
    page = drf.IntegerField(min_value=1, max_value=10_000, default=1)
    page_size = drf.IntegerField(min_value=1, max_value=100, default=20)


class MyCouponsView(APIView):
    """The wallet: usable (`open`, soonest end first), `used`, `expired`."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_coupons_list",
        parameters=[CouponsQuery],
        responses=serializers.CouponPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = CouponsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, now = query.validated_data, timezone.now()
        rows = selectors.wallet(calling_member(request).pk, asked["state"], now)
        start = (asked["page"] - 1) * asked["page_size"]
        found = list(rows[start : start + asked["page_size"] + 1])
        page = selectors.tickets(found[: asked["page_size"]], now)
        return Response(
            {
                "results": [serializers.shown_ticket(one) for one in page],
                "next_page": asked["page"] + 1 if len(found) > len(page) else None,
            }
        )


class MyCouponView(APIView):
    """One coupon of the member."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_coupons_retrieve", responses=serializers.CouponSerializer)
    def get(self, request: Request, coupon_id: int) -> Response:
        now = timezone.now()
        coupon = selectors.own(calling_member(request).pk, coupon_id)
        if coupon is None:
            raise Http404
        return Response(serializers.shown_ticket(selectors.tickets([coupon], now)[0]))


class CouponClaimView(APIView):
    """Claim a coupon with a code."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_coupons_claim",
        request=serializers.CouponClaimSerializer,
        responses={
            201: serializers.CouponClaimedSerializer,
            200: serializers.CouponClaimedSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """201 for a new coupon; 200 for one that the member has claimed before; 404
        `claim_code_wrong`; 429 `coupon_guesses_used_up` after ten wrong codes an hour."""
        data = serializers.CouponClaimSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member, now = calling_member(request), timezone.now()
        claimed = coupon_claims.claim(
            member_id=member.pk,
            typed=data.validated_data["code"],
            ip=request.META.get("REMOTE_ADDR", ""),
            actor=f"member:{member.pk}",
            at=now,
        )
        (ticket,) = selectors.tickets([claimed.coupon], now)
        content = {"is_new": claimed.is_new, "coupon": serializers.shown_ticket(ticket)}
        code = status.HTTP_201_CREATED if claimed.is_new else status.HTTP_200_OK
        return Response(content, status=code)
