"""The rules page for programs; for anybody, as the page is."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.api import serializers
from campaigns.models import RulebookEdition
from campaigns.selectors import rulebook
from campaigns.selectors.rulebook import Edition


class _OpenView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)


class RulesView(_OpenView):
    """The rules in force, clause by clause, and what changes when. 404 before the first version."""

    @extend_schema(operation_id="rules_retrieve", responses=serializers.RulesSerializer)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        current = rulebook.edition_in_force(now)
        if current is None:
            raise Http404
        coming = rulebook.upcoming_editions(now)
        upcoming = [serializers.upcoming(one, current) for one in coming]
        return Response(serializers.edition(current) | {"upcoming": upcoming})


class EditionView(_OpenView):
    """One edition as members could read it: `v7`, `v7.1`."""

    @extend_schema(operation_id="rules_edition_retrieve", responses=serializers.EditionSerializer)
    def get(self, request: Request, edition: str) -> Response:
        return Response(serializers.edition(_called(edition)))


class ChangesView(_OpenView):
    """What an edition changed against the one before it, or against `from`."""

    @extend_schema(
        operation_id="rules_changes_retrieve",
        parameters=[OpenApiParameter("from", str, description="An edition to compare with.")],
        responses=serializers.ChangesSerializer,
    )
    def get(self, request: Request, edition: str) -> Response:
        found = _called(edition)
        asked = request.query_params.get("from")
        before = _called(asked) if asked else rulebook.edition_before(found)
        changed = rulebook.changes_between(before.book if before else None, found.book)
        return Response(
            {
                "edition": found.label,
                "before": before.label if before else None,
                "changes": serializers.changes(changed),
            }
        )


class VersionsView(ListAPIView[RulebookEdition]):
    """All editions, the newest first; those to come as well."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = serializers.EditionLabelSerializer
    queryset = rulebook.editions().defer("content", "preface", "preface_en")

    @extend_schema(operation_id="rules_versions_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([serializers.label(row) for row in page or ()])


def _called(label: str) -> Edition:
    found = rulebook.edition_called(label)
    if found is None:
        raise Http404
    return found
