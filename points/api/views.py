"""A member's own points."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from points import selectors
from points.api import filters, serializers
from points.selectors import calendar


class BalanceView(APIView):
    """The balance at this instant. One query."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_points_retrieve", responses=serializers.PointsSerializer)
    def get(self, request: Request) -> Response:
        member = calling_member(request)
        return Response(serializers.balance(selectors.balance(member.pk, timezone.now())))


class BalanceAsOfView(APIView):
    """The balance at an instant of the past, by the time things happened. One query."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_points_as_of",
        parameters=[filters.InstantQuery],
        responses=serializers.BalanceAsOfSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = _checked(filters.InstantQuery, request)
        found = selectors.balance_as_of(calling_member(request).pk, asked["at"])
        return Response(serializers.balance_as_of(found, asked["at"]))


class CalendarView(APIView):
    """What ends when, for twelve months, with the clearings that were announced."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_expiry_calendar_retrieve", responses=serializers.CalendarSerializer
    )
    def get(self, request: Request) -> Response:
        found = calendar.calendar(calling_member(request).pk, timezone.now())
        return Response(serializers.ending_calendar(found))


class EntriesView(APIView):
    """The ledger, newest first, with the explanation of every entry. One query per page."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_entries_list",
        parameters=[filters.EntryQuery],
        responses=serializers.EntryPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = _checked(filters.EntryQuery, request)
        rows = selectors.entries(calling_member(request).pk)
        if asked.get("kind"):
            rows = rows.filter(kind__in=asked["kind"])
        if "from" in asked:
            rows = rows.filter(occurred_at__gte=asked["from"])
        if "to" in asked:
            rows = rows.filter(occurred_at__lt=asked["to"])
        if "cursor" in asked:
            rows = rows.filter(seq__lt=asked["cursor"])
        size = asked["page_size"]
        found = list(rows[: size + 1])
        page = found[:size]
        return Response(
            {
                "results": [serializers.entry(row) for row in page],
                "next_cursor": str(page[-1].seq) if len(found) > size else None,
            }
        )


class EntryView(APIView):
    """One entry with the first lots that it granted, and those that it used."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_entries_retrieve", responses=serializers.EntryDetailSerializer)
    def get(self, request: Request, entry_id: int) -> Response:
        row = selectors.entries(calling_member(request).pk).filter(pk=entry_id).first()
        if row is None:
            raise Http404
        lots = selectors.first(selectors.granted(row))
        uses = selectors.first(selectors.uses(row))
        return Response(serializers.entry_detail(row, lots=lots, uses=uses))


class LotsView(APIView):
    """What lapses when: the lots with points left, in the order in which they are used."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_lots_list",
        parameters=[filters.PageQuery],
        responses=serializers.LotPageSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = _checked(filters.PageQuery, request)
        size = asked["page_size"]
        # Lots have no running number; a page starts where the one before ended.
        start = min(asked.get("cursor", 0), 100_000)
        rows = selectors.lots(calling_member(request).pk, timezone.now())
        found = list(rows[start : start + size + 1])
        return Response(
            {
                "results": [serializers.lot(row) for row in found[:size]],
                "next_cursor": str(start + size) if len(found) > size else None,
            }
        )


def _checked(query: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = query(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
