"""Help and feedback, by API."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from members.api.serializers import tickets as serializers
from members.exceptions import TicketStoreUnknown
from members.forms.tickets import read_photos
from members.models import Ticket
from members.selectors import tickets as selectors
from members.services import tickets
from members.services.tickets import Words
from stores.api.strict import StrictSerializer
from stores.models import Store
from stores.services import pictures

KEY_HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    required=False,
    description="At most 64 signs. Sent again with it, a message is there once.",
)


class TextOrPhotos(APIView):
    """Takes JSON, or multipart where there are photos."""

    permission_classes = (IsMember,)

    def get_parsers(self) -> list[BaseParser]:
        return [*super().get_parsers(), MultiPartParser()]


class TicketsView(TextOrPhotos):
    """The member's tickets, the newest first."""

    @extend_schema(
        operation_id="me_tickets_list",
        parameters=[serializers.TicketQuery],
        responses=serializers.TicketPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = serializers.TicketQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = selectors.own(calling_member(request).pk).select_related("store")
        if "cursor" in query.validated_data:
            rows = rows.filter(pk__lt=query.validated_data["cursor"])
        size = query.validated_data["page_size"]
        found = list(rows[: size + 1])
        content = {
            "results": [serializers.ticket(row) for row in found[:size]],
            "next_cursor": str(found[size - 1].pk) if len(found) > size else None,
            "usual_hours": selectors.usual_hours(timezone.now()),
        }
        return Response(content)

    @extend_schema(
        operation_id="me_tickets_create",
        parameters=[KEY],
        request={
            "application/json": serializers.TicketContentSerializer,
            "multipart/form-data": serializers.TicketContentSerializer,
        },
        responses={
            201: serializers.TicketDetailSerializer,
            200: serializers.TicketDetailSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        """201; 200 with the first answer for a repeat of its key, 409 for another's key."""
        data = checked(serializers.TicketContentSerializer, request)
        store_id = _store_id(data["store"]) if data.get("store") else None
        opened = tickets.open_ticket(
            member_id=calling_member(request).pk,
            kind=data["kind"],
            subject=data["subject"],
            words=words(request, data),
            at=timezone.now(),
            store_id=store_id,
        )
        return opened_answer(opened)


class TicketView(APIView):
    """One ticket with its thread."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_tickets_retrieve", responses=serializers.TicketDetailSerializer)
    def get(self, request: Request, number: str) -> Response:
        return Response(_detail(tickets.own(calling_member(request).pk, number)))


class TicketMessagesView(TextOrPhotos):
    """What the member adds to a ticket."""

    @extend_schema(
        operation_id="me_tickets_reply",
        parameters=[KEY],
        request={
            "application/json": serializers.MessageContentSerializer,
            "multipart/form-data": serializers.MessageContentSerializer,
        },
        responses={201: serializers.TicketMessageSerializer},
    )
    def post(self, request: Request, number: str) -> Response:
        """A ticket that was answered waits for the shop again; 422 `ticket_closed` for one that
        is closed."""
        member = calling_member(request)
        row = tickets.own(member.pk, number)
        data = checked(serializers.MessageContentSerializer, request)
        message = tickets.reply(
            member_id=member.pk, number=number, words=words(request, data), at=timezone.now()
        )
        return Response(serializers.message(row, message), status=status.HTTP_201_CREATED)


class TicketCloseView(APIView):
    """The matter is settled."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_tickets_close",
        request=None,
        responses=serializers.TicketDetailSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        member = calling_member(request)
        return Response(
            _detail(tickets.close(member_id=member.pk, number=number, at=timezone.now()))
        )


class TicketReopenView(APIView):
    """It is not settled after all."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_tickets_reopen",
        request=None,
        responses=serializers.TicketDetailSerializer,
    )
    def post(self, request: Request, number: str) -> Response:
        member = calling_member(request)
        return Response(
            _detail(tickets.reopen(member_id=member.pk, number=number, at=timezone.now()))
        )


class TicketPhotoView(APIView):
    """A photo of the caller's own ticket."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_tickets_photo", responses={(200, "image/webp"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, number: str, photo_id: int) -> HttpResponse:
        row = tickets.own(calling_member(request).pk, number)
        photo = selectors.photo(row, min(photo_id, 2**63 - 1), is_staff=False)
        content = pictures.read(photo.path) if photo else None
        if content is None:
            raise Http404
        return HttpResponse(content, content_type="image/webp")


def checked(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


def words(request: Request, data: dict[str, Any]) -> Words:
    """What the member sent: the text, the photos of a multipart request, the key."""
    return Words(
        text=data.get("text", ""),
        photos=read_photos(request.FILES),
        key=request.headers.get(KEY_HEADER, ""),
    )


def opened_answer(opened: tickets.Opened) -> Response:
    code = status.HTTP_201_CREATED if opened.is_new else status.HTTP_200_OK
    return Response(_detail(opened.ticket), status=code)


def _detail(row: Ticket) -> dict[str, Any]:
    return serializers.detail(row, selectors.thread(row, is_staff=False))


def _store_id(code: str) -> int:
    store = Store.objects.filter(code=code, is_active=True).first()
    if store is None:
        raise TicketStoreUnknown
    return store.pk
