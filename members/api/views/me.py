"""The member's own record."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from members.api.serializers.me import MemberSerializer


class MeView(APIView):
    """The signed-in member."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_retrieve", responses=MemberSerializer)
    def get(self, request: Request) -> Response:
        return Response(MemberSerializer(calling_member(request)).data)
