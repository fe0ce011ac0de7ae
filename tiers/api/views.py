"""Levels over the API: all of them for everybody, one's own for a member."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from tiers.api import serializers
from tiers.exceptions import NoLadder
from tiers.selectors import benefits, ladder, pages
from tiers.services.climbing import day_of


class LevelsView(APIView):
    """Every level with what it takes and gives."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="tiers_list", responses=serializers.LadderSerializer, auth=[])
    def get(self, request: Request) -> Response:
        levels = ladder.levels()
        told = benefits.told(levels, at=timezone.now())
        program = ladder.program()
        return Response(
            {
                "basis": program.basis,
                "window": program.window,
                "levels": [serializers.level(row, told[row.code]) for row in levels],
            }
        )


class MyLevelView(APIView):
    """The member's level, what is missing to the next, and until when it lasts."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_tier_retrieve", responses=serializers.MyLevelSerializer)
    def get(self, request: Request) -> Response:
        member = calling_member(request)
        found = pages.mine(member.pk, on=day_of(timezone.now()))
        if found is None:
            raise NoLadder
        told = benefits.told([found.level], at=timezone.now())[found.level.code]
        return Response(serializers.mine(found, told))
