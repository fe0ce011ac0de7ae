"""Sign-in and sign-out."""

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember
from members.api.serializers import sign_in as serializers
from members.models import DeviceSession
from members.services import sessions, sign_in


class CodesView(APIView):
    """Ask for a one-time code. The answer does not depend on whether the number is a member's."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="sign_in_codes_create",
        request=serializers.CodeRequestSerializer,
        responses={202: serializers.CodeSentSerializer},
    )
    def post(self, request: Request) -> Response:
        data = serializers.CodeRequestSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        sent = sign_in.request_code(
            phone=data.validated_data["phone"],
            ip=request.META.get("REMOTE_ADDR", ""),
            language=get_language() or "",
            at=timezone.now(),
        )
        content = serializers.CodeSentSerializer(sent).data
        return Response(content, status=status.HTTP_202_ACCEPTED)


class SignInView(APIView):
    """Exchange a code for a token; a number without a member becomes one."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="sign_in_create",
        request=serializers.SignInSerializer,
        responses={200: serializers.SignedInSerializer},
    )
    def post(self, request: Request) -> Response:
        data = serializers.SignInSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        signed_in = sign_in.sign_in(
            phone=data.validated_data["phone"],
            code=data.validated_data["code"],
            kind=DeviceSession.Kind.API,
            user_agent=request.META.get("HTTP_USER_AGENT", ""),
            at=timezone.now(),
        )
        return Response(serializers.SignedInSerializer(signed_in).data)


class SignOutView(APIView):
    """End the token that the request carries."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="sign_out_create", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        sessions.close(token=str(request.auth), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
