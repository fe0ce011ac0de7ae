"""Segments for tills and the ERP: which there are, and who is in them."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.serializers import segments as serializers
from members.models import Segment
from members.selectors import segments
from stores.api.authentication import MayReadSegments, StoreKey


class SegmentsView(APIView):
    """Every segment that is switched on. One query."""

    authentication_classes = (StoreKey,)
    permission_classes = (MayReadSegments,)

    @extend_schema(operation_id="segments_list", responses=serializers.SegmentListSerializer)
    def get(self, request: Request) -> Response:
        rows = Segment.objects.usable().order_by("code")
        return Response({"results": [serializers.segment(row) for row in rows]})


class SegmentMembersView(APIView):
    """The members of a segment, page by page, in the order in which they joined. Two queries."""

    authentication_classes = (StoreKey,)
    permission_classes = (MayReadSegments,)

    @extend_schema(
        operation_id="segment_members_list",
        parameters=[serializers.SegmentMemberQuery],
        responses=serializers.SegmentMemberPageSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        query = serializers.SegmentMemberQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        segment = Segment.objects.usable().filter(code=code).first()
        if segment is None:
            raise Http404
        size = asked["page_size"]
        rows = segments.page_of(segment.pk, after=asked["cursor"], limit=size + 1)
        page = rows[:size]
        return Response(
            {
                "results": [serializers.member(row) for row in page],
                "next_cursor": str(page[-1].id) if len(rows) > size else None,
            }
        )
