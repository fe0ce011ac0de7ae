"""Points and coupons as money: at the tills of a store, and in a mini-program."""

import hashlib
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api import naming
from members.api.authentication import IsMember, calling_member
from points.exceptions import KeyMissing
from sales.api import checkout_serializers as serializers
from sales.api.views import place_of
from sales.exceptions import ReceiptRefused
from sales.models import Checkout
from sales.policies.receipts import MemberRef
from sales.selectors import checkouts as selectors
from sales.selectors import people
from sales.services import checkouts, payments
from sales.services.checkouts import Held, Order
from stores.api.authentication import IsMachine, Machine, StoreKey, calling_machine
from stores.models import Store

KEY_HEADER = "Idempotency-Key"
_KEY_LENGTH = 64


class QuoteView(APIView):
    """How much of an order coupons and points can pay, and why not more. Sets nothing aside."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="checkouts_quote",
        request=serializers.TillBasketSerializer,
        responses=serializers.QuoteSerializer,
    )
    def post(self, request: Request) -> Response:
        machine = calling_machine(request)
        data = serializers.TillBasketSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        return _quote(machine.store, _order(data.validated_data))


class CheckoutsView(APIView):
    """Set points and coupons aside for an order of the calling store."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="checkouts_create",
        request=serializers.TillCheckoutSerializer,
        responses={201: serializers.CheckoutSerializer, 200: serializers.CheckoutSerializer},
    )
    def post(self, request: Request) -> Response:
        """201 for a new checkout; 200 with the first one for a repeat; 409 `checkout_conflict`
        when the number was sent with other content."""
        machine = calling_machine(request)
        data = serializers.TillCheckoutSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        number = data.validated_data["number"]
        order = _order(data.validated_data)
        return _hold(machine.store, number, order, actor=_actor(machine))


class CheckoutView(APIView):
    """A checkout of the calling store as it stands."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(operation_id="checkouts_retrieve", responses=serializers.CheckoutSerializer)
    def get(self, request: Request, number: str) -> Response:
        found = selectors.of_store(calling_machine(request).store.pk, number)
        if found is None:
            raise Http404
        return Response(serializers.shown(Held(found, is_replay=True)))


class CaptureView(APIView):
    """The order is final: use what was set aside. Its receipt does the same by itself."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="checkouts_capture", request=None, responses=serializers.CheckoutSerializer
    )
    def post(self, request: Request, number: str) -> Response:
        machine = calling_machine(request)
        held = payments.capture(
            store=machine.store, number=number, actor=_actor(machine), now=timezone.now()
        )
        return Response(serializers.shown(held))


class ReleaseView(APIView):
    """The order did not come about: what was set aside, or used without a receipt, goes back."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="checkouts_release", request=None, responses=serializers.CheckoutSerializer
    )
    def post(self, request: Request, number: str) -> Response:
        machine = calling_machine(request)
        held = payments.release(
            store=machine.store, number=number, actor=_actor(machine), now=timezone.now()
        )
        return Response(serializers.shown(held))


class MyQuoteView(APIView):
    """The same question from a mini-program: how much can I pay with points, and why not more."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_checkouts_quote",
        request=serializers.MemberBasketSerializer,
        responses=serializers.QuoteSerializer,
    )
    def post(self, request: Request) -> Response:
        store, order = _of_member(request)
        return _quote(store, order)


class MyCheckoutsView(APIView):
    """The member's checkouts, and a new one from a mini-program.

    Its number is made here and goes to the store with the order: the receipt names it as
    `checkout`, and the store's system captures it.
    """

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_checkouts_list",
        parameters=[serializers.CheckoutQuery],
        responses=serializers.CheckoutPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = serializers.CheckoutQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = selectors.of_member(calling_member(request).pk).select_related("receipt", "store")
        if "cursor" in query.validated_data:
            rows = rows.filter(pk__lt=query.validated_data["cursor"])
        size = query.validated_data["page_size"]
        found = list(rows[: size + 1])
        page = [serializers.shown(Held(row, is_replay=True)) for row in found[:size]]
        next_cursor = str(found[size - 1].pk) if len(found) > size else None
        return Response({"results": page, "next_cursor": next_cursor})

    @extend_schema(
        operation_id="me_checkouts_create",
        parameters=[
            OpenApiParameter(
                KEY_HEADER, str, OpenApiParameter.HEADER, required=True, description="1–64 signs."
            )
        ],
        request=serializers.MemberBasketSerializer,
        responses={201: serializers.CheckoutSerializer, 200: serializers.CheckoutSerializer},
    )
    def post(self, request: Request) -> Response:
        """201 for a new checkout; 200 for a repeat of its key; 409 for the key of another."""
        key = request.headers.get(KEY_HEADER, "")
        if not key:
            raise KeyMissing
        store, order = _of_member(request)
        number = _number(order.member_id, key[:_KEY_LENGTH])
        return _hold(store, number, order, actor=f"member:{order.member_id}")


class MyCheckoutView(APIView):
    """One of the member's checkouts."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_checkouts_retrieve", responses=serializers.CheckoutSerializer)
    def get(self, request: Request, number: str) -> Response:
        return Response(serializers.shown(Held(_own(request, number), is_replay=True)))


class MyReleaseView(APIView):
    """The member thinks again: what was set aside goes back."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_checkouts_release", request=None, responses=serializers.CheckoutSerializer
    )
    def post(self, request: Request, number: str) -> Response:
        """409 `checkout_captured` once the store has used it: then the store cancels or takes
        the goods back."""
        own = _own(request, number)
        held = payments.release(
            store=own.store,
            number=number,
            actor=f"member:{own.member_id}",
            now=timezone.now(),
            is_by_member=True,
        )
        return Response(serializers.shown(held))


def _order(data: dict[str, Any]) -> Order:
    """The order of the member whom a till names."""
    field = naming.named_by(data)
    assert field is not None  # noqa: S101 - the serializer has asked for it
    ref = MemberRef(naming.FIELDS[field], data[field])
    member_id = people.members_of([ref]).get(ref)
    if member_id is None:
        raise ReceiptRefused("unknown_member", field=field, member=ref.value)
    return serializers.order_of(member_id, data)


def _of_member(request: Request) -> tuple[Store, Order]:
    data = serializers.MemberBasketSerializer(data=request.data)
    data.is_valid(raise_exception=True)
    code = data.validated_data["store"]
    store = Store.objects.filter(code=code, is_active=True).first()
    if store is None:
        raise ReceiptRefused("store_unknown", field="store", store=code)
    return store, serializers.order_of(calling_member(request).pk, data.validated_data)


def _quote(store: Store, order: Order) -> Response:
    try:
        found = checkouts.quote(store=store, order=order, now=timezone.now())
    except ReceiptRefused as refusal:
        refusal.field = place_of(refusal)
        raise
    return Response(serializers.quoted(found))


def _hold(store: Store, number: str, order: Order, *, actor: str) -> Response:
    try:
        held = checkouts.hold(
            store=store, number=number, order=order, actor=actor, now=timezone.now()
        )
    except ReceiptRefused as refusal:
        refusal.field = place_of(refusal)
        raise
    code = status.HTTP_200_OK if held.is_replay else status.HTTP_201_CREATED
    return Response(serializers.shown(held), status=code)


def _own(request: Request, number: str) -> Checkout:
    rows = selectors.of_member(calling_member(request).pk).select_related("receipt", "store")
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _actor(machine: Machine) -> str:
    return f"key:{machine.key.prefix}"


def _number(member_id: int, key: str) -> str:
    """The number of a member's checkout: the same key is the same checkout, and nobody can make
    up the number of somebody else's order."""
    digest = hashlib.blake2b(f"{member_id}:{key}".encode(), digest_size=10).hexdigest()
    return f"W{digest.upper()}"
