"""Redeeming at a till, and handing over in a store, by a store's machine."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as fields
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mall.api import redemption_serializers as serializers
from mall.api.redemptions import KEY, KEY_HEADER
from mall.models import Redemption
from mall.services import handover, redemption
from members.exceptions import MemberUnknown
from members.selectors import look_up
from points.exceptions import KeyMissing
from stores.api.authentication import IsMachine, Machine, StoreKey, calling_machine
from stores.api.strict import StrictSerializer


class TillOrderSerializer(serializers.OrderSerializer):
    member_code = fields.CharField(
        max_length=40, help_text="The code that the member shows: proof that they stand there."
    )


class CodeSerializer(StrictSerializer):
    code = fields.CharField(max_length=60, help_text="As it was scanned or typed.")


class TillRedemptionsView(APIView):
    """Redeem a reward for the member who shows their code at the till."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="redemptions_create",
        parameters=[KEY],
        request=TillOrderSerializer,
        responses={
            201: serializers.RedemptionSerializer,
            200: serializers.RedemptionSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """201 for an order, 200 with the first answer for a repeat of its key. What is picked
        up is picked up in the calling store unless another one is named."""
        machine, now = calling_machine(request), timezone.now()
        key = request.headers.get(KEY_HEADER, "")
        if not key:
            raise KeyMissing
        sent = TillOrderSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        content = dict(request.data)
        code = content.pop("member_code")
        actor = f"key:{machine.key.prefix}"
        member_id = _member(caller=actor, key=key, code=str(code), at=now)
        done = redemption.redeem(
            member_id=member_id,
            order=serializers.order_in(content, store=machine.store),
            caller=actor,
            key=key,
            actor=actor,
            at=now,
            store_id=machine.store.pk,
        )
        answer = status.HTTP_200_OK if done.is_replay else status.HTTP_201_CREATED
        return Response(serializers.redemption(done.redemption), status=answer)


class HandOverLookUpView(APIView):
    """What is behind a member's code for the counter, before it is handed over."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="redemptions_look_up",
        request=CodeSerializer,
        responses=serializers.RedemptionSerializer,
    )
    def post(self, request: Request) -> Response:
        machine = calling_machine(request)
        found = handover.look_up(**_scan(request, machine), at=timezone.now())
        return Response(serializers.redemption(found))


class HandOverView(APIView):
    """Hand an order over (核销): exactly once, and only in a store that offers it."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="redemptions_hand_over",
        request=CodeSerializer,
        responses=serializers.RedemptionSerializer,
    )
    def post(self, request: Request) -> Response:
        machine = calling_machine(request)
        done = handover.hand_over(
            **_scan(request, machine), actor=f"key:{machine.key.prefix}", at=timezone.now()
        )
        return Response(serializers.redemption(done))


def _member(*, caller: str, key: str, code: str, at: datetime) -> int:
    """Whose order it is. A repeat may come when the member's code has long changed."""
    first = Redemption.objects.filter(caller=caller, key=key).values_list("member_id", flat=True)
    if (known := first.first()) is not None:
        return known
    found = look_up.look_up("code", code, at=at)
    if found is None:
        raise MemberUnknown(field="member_code")
    return found.member.pk


def _scan(request: Request, machine: Machine) -> dict[str, Any]:
    data = CodeSerializer(data=request.data)
    data.is_valid(raise_exception=True)
    return {
        "code": data.validated_data["code"],
        "store_id": machine.store.pk,
        "scanner": f"key:{machine.key.prefix}",
    }
