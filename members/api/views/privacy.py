"""A member's copy of their data, who looked at them, and closing the account."""

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from members.api.authentication import calling_member
from members.api.serializers import privacy as serializers
from members.api.views.security import MemberView
from members.api.views.sign_in import checked
from members.selectors import access, consequences, personal_data
from members.services import erasure, exports
from members.services.copies import download


class ExportView(MemberView):
    @extend_schema(
        operation_id="me_export",
        parameters=[serializers.ExportQuerySerializer],
        responses={
            (200, "application/json"): OpenApiResponse(
                OpenApiTypes.OBJECT, description="Sections, each a list of objects."
            ),
            (200, "application/zip"): OpenApiResponse(
                OpenApiTypes.BINARY, description="One CSV file per section."
            ),
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        """All that we know about the member, as JSON or as a zip of CSV. Five times a day."""
        query = serializers.ExportQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        member = calling_member(request)
        exports.allow_own(member=member, at=timezone.now())
        return download(member, is_zip=query.validated_data["type"] == "zip", at=timezone.now())


class AccessesView(MemberView):
    @extend_schema(operation_id="me_accesses", responses=serializers.AccessesSerializer)
    def get(self, request: Request) -> Response:
        """Who looked at the member's data lately, by role: the newest twenty."""
        found = access.latest(personal_data.ids_of(calling_member(request)))
        return Response(serializers.AccessesSerializer({"accesses": found}).data)


class ErasurePreviewView(MemberView):
    @extend_schema(
        operation_id="me_erasure_preview",
        request=None,
        responses=serializers.ErasurePreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        """What closing the account takes, and whether it can be closed now."""
        member, now = calling_member(request), timezone.now()
        refusal = consequences.hindrance(member, now)
        answer = {
            "losses": consequences.losses(member, now),
            "hindrance": refusal and {"code": refusal.code, "message": str(refusal)},
            "sends_code_to": member.masked_phone,
        }
        return Response(serializers.ErasurePreviewSerializer(answer).data)


class ErasureView(MemberView):
    @extend_schema(
        operation_id="me_erasure", request=serializers.ErasureSerializer, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """Close the account for good. Every token ends with it."""
        given = checked(serializers.ErasureSerializer, request)
        erasure.erase_own(member=calling_member(request), code=given["code"], at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
