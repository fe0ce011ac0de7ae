"""Coupons at the till: looked up, quoted, held, used, let go, given back."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.api import coupon_serializers as serializers
from mall.exceptions.coupons import CouponUnknown
from mall.selectors import baskets
from mall.selectors import coupons as selectors
from mall.services import coupon_guesses, coupons
from stores.api.authentication import IsMachine, StoreKey, calling_machine


class TillView(APIView):
    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)


class CouponLookUpView(TillView):
    """One coupon by its code: what it is, and why it cannot be used here now.

    By POST, so that no code ends up in the log of a proxy.
    """

    @extend_schema(
        operation_id="coupons_look_up",
        request=serializers.CouponLookUpSerializer,
        responses=serializers.CouponFoundSerializer,
    )
    def post(self, request: Request) -> Response:
        """404 `coupon_unknown`; 429 `coupon_guesses_used_up` after sixty wrong ones an hour."""
        data = _valid(serializers.CouponLookUpSerializer, request)
        store, now = calling_machine(request).store, timezone.now()
        with coupon_guesses.by_store(store.pk, at=now):
            found = selectors.by_code(data["code"])
            if found is None:
                raise CouponUnknown(field="code")
        refusal = coupons.refusal_of(found, store_id=store.pk, at=now)
        return Response(serializers.shown_found(found, refusal, now))


class CouponQuoteView(TillView):
    """What coupons would take off a basket, line by line. Nothing is written."""

    @extend_schema(
        operation_id="coupons_quote",
        request=serializers.CouponQuoteSerializer,
        responses=serializers.CouponQuoteAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        data = _valid(serializers.CouponQuoteSerializer, request)
        store, now = calling_machine(request).store, timezone.now()
        asked: dict[str, Any] = {
            "member_id": serializers.member_of(data),
            "store_id": store.pk,
            "lines": baskets.lines_of(serializers.told(data)),
            "at": now,
        }
        if "codes" not in data:
            return Response(serializers.shown_quote(coupons.offers(**asked)))
        with coupon_guesses.by_store(store.pk, at=now) as guess:
            quote = coupons.quote(codes=data["codes"], **asked)
            guess.is_wrong = any(isinstance(r, CouponUnknown) for r in quote.refusals.values())
        return Response(serializers.shown_quote(quote))


class CouponLockView(TillView):
    """Hold coupons for an order; all of them, or none."""

    @extend_schema(
        operation_id="coupons_lock",
        request=serializers.CouponLockSerializer,
        responses=serializers.CouponOrderAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        """Sent again it gives the first answer; 409 `coupon_order_conflict` when the order has
        coupons already with other content."""
        data = _valid(serializers.CouponLockSerializer, request)
        machine, now = calling_machine(request), timezone.now()
        member_id = serializers.member_of(data)
        lines = baskets.lines_of(serializers.told(data))
        with coupon_guesses.by_store(machine.store.pk, at=now):
            discounts = coupons.lock(
                member_id=member_id,
                store_id=machine.store.pk,
                lines=lines,
                codes=data["codes"],
                order=data["order"],
                until=now + timedelta(minutes=data["minutes"]),
                actor=f"key:{machine.key.prefix}",
                at=now,
            )
        state, until = selectors.order_state(machine.store.pk, data["order"])
        return Response(serializers.shown_order(data["order"], state, discounts, until=until))


class CouponUseView(TillView):
    """Use the coupons that an order holds."""

    @extend_schema(
        operation_id="coupons_use",
        request=serializers.CouponOrderSerializer,
        responses=serializers.CouponOrderAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        """Sent again it gives the first answer; 404 `coupon_order_unknown`, 409
        `coupon_lock_expired` when the time is over: lock anew."""
        order = _valid(serializers.CouponOrderSerializer, request)["order"]
        discounts = coupons.use(order=order, **_by(request))
        return Response(serializers.shown_order(order, "used", discounts))


class CouponReleaseView(TillView):
    """Let go of the coupons that an order holds."""

    @extend_schema(
        operation_id="coupons_release",
        request=serializers.CouponOrderSerializer,
        responses=serializers.CouponOrderAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        """Safe to repeat, also for an order that holds none; 409 `coupon_used` once they are
        used."""
        order = _valid(serializers.CouponOrderSerializer, request)["order"]
        coupons.release(order=order, **_by(request))
        return Response(serializers.shown_order(order, "released", []))


class CouponReturnView(TillView):
    """The whole order was returned: its coupons come back or are lost, as their templates say."""

    @extend_schema(
        operation_id="coupons_return",
        request=serializers.CouponReturnSerializer,
        responses=serializers.CouponReturnAnswerSerializer,
    )
    def post(self, request: Request) -> Response:
        """Safe to repeat; an order without used coupons gets an empty list."""
        data = _valid(serializers.CouponReturnSerializer, request)
        returned = coupons.give_back(order=data["order"], codes=data.get("codes"), **_by(request))
        return Response(serializers.shown_returns(data["order"], returned))


def _valid(kind: type[Any], request: Request) -> dict[str, Any]:
    data = kind(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def _by(request: Request) -> dict[str, Any]:
    machine = calling_machine(request)
    return {
        "store_id": machine.store.pk,
        "actor": f"key:{machine.key.prefix}",
        "at": timezone.now(),
    }
