"""Receipts from tills, shops and the ERP."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sales.api import serializers
from sales.exceptions import CheckoutMismatch, ReceiptRefused
from sales.models import Receipt
from sales.policies.receipts import ReceiptInput
from sales.selectors import known
from sales.services import drafts, intake
from sales.services.drafts import Outcome
from stores.api.authentication import IsMachine, Machine, StoreKey, calling_machine


class ReceiptsView(APIView):
    """Send a receipt. The member's points are right in the same answer."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="receipts_create",
        request=serializers.ReceiptSerializer,
        responses={
            201: serializers.OutcomeSerializer,
            200: serializers.OutcomeSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """201 for a new receipt; 200 with the first answer for one that is already there;
        409 `duplicate_number` when its content was different."""
        outcome = _taken(calling_machine(request), request.data)
        code = status.HTTP_200_OK if outcome.is_replay else status.HTTP_201_CREATED
        return Response(serializers.OutcomeSerializer(outcome).data, status=code)


class ReceiptView(APIView):
    """A receipt of the calling store, as it was answered, and why it earned what it did."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(operation_id="receipts_retrieve", responses=serializers.ReceiptDetailSerializer)
    def get(self, request: Request, number: str) -> Response:
        store = calling_machine(request).store
        found = known.by_number(store_id=store.pk, numbers=[number]).get(number)
        if found is None:
            raise Http404
        return Response(serializers.ReceiptDetailSerializer(drafts.replayed(found)).data)


class ReceiptBatchView(APIView):
    """Send up to a hundred receipts; each is taken or refused by itself, in the order given."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="receipts_batch_create",
        request=serializers.BatchSerializer,
        responses={200: serializers.BatchResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        machine = calling_machine(request)
        data = serializers.BatchSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        results = [self._result(machine, one) for one in data.validated_data["receipts"]]
        return Response({"results": results})

    def _result(self, machine: Machine, data: Any) -> dict[str, Any]:
        number = str(data.get("number", ""))[:64]
        try:
            outcome = _taken(machine, data)
        except Exception as error:
            # The house's one table of errors judges it; what it does not know is our mistake.
            refused = self.get_exception_handler()(error, self.get_exception_handler_context())
            if refused is None:
                raise
            return {"status": refused.status_code, "number": number, "error": refused.data}
        code = status.HTTP_200_OK if outcome.is_replay else status.HTTP_201_CREATED
        content = serializers.OutcomeSerializer(outcome).data
        return {"status": code, "number": outcome.number, "outcome": content}


def _taken(machine: Machine, content: Any) -> Outcome:
    zone = ZoneInfo(machine.store.time_zone)
    data = serializers.ReceiptSerializer(data=content, context={"zone": zone})
    data.is_valid(raise_exception=True)
    receipt = serializers.receipt_input(data.validated_data)
    try:
        return intake.record_one(
            store=machine.store,
            receipt=receipt,
            source=Receipt.Source.API,
            actor=f"key:{machine.key.prefix}",
            now=timezone.now(),
            create_members=data.validated_data["create_member"],
        )
    except (ReceiptRefused, CheckoutMismatch) as refusal:
        refusal.field = place_of(refusal, receipt)
        raise


def place_of(
    refusal: ReceiptRefused | CheckoutMismatch, receipt: ReceiptInput | None = None
) -> str | None:
    """The field as the request names it: `lines[2].unit_price`, `member_phone`."""
    if isinstance(refusal, ReceiptRefused) and refusal.line_no is not None:
        return f"lines[{refusal.line_no - 1}].{refusal.field}"
    if refusal.field == "member" and receipt is not None and receipt.member is not None:
        return serializers.member_field(receipt.member)
    return refusal.field
