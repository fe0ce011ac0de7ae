"""「有疑问」 of an entry, by API."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from members.api.authentication import calling_member
from members.api.serializers import tickets as serializers
from members.api.views.tickets import KEY, TextOrPhotos, checked, opened_answer, words
from points.services import disputes


class DisputeView(TextOrPhotos):
    """The dispute of one entry."""

    @extend_schema(
        operation_id="me_entries_dispute",
        parameters=[KEY],
        request={
            "application/json": serializers.DisputeContentSerializer,
            "multipart/form-data": serializers.DisputeContentSerializer,
        },
        responses={
            201: serializers.TicketDetailSerializer,
            200: serializers.TicketDetailSerializer,
        },
    )
    def post(self, request: Request, entry_id: int) -> Response:
        """201 for a new ticket, 200 with the one about this entry that is not closed. It carries
        the entry's explanation, receipt and rules; words and photos may be added."""
        said = words(request, checked(serializers.DisputeContentSerializer, request))
        opened = disputes.open_dispute(
            member_id=calling_member(request).pk,
            entry_id=min(entry_id, 2**63 - 1),
            text=said.text,
            photos=said.photos,
            key=said.key,
            at=timezone.now(),
        )
        return opened_answer(opened)
