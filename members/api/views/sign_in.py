"""Sign-in and sign-out."""

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from members.api.authentication import IsMember
from members.api.serializers import sign_in as serializers
from members.models import DeviceSession
from members.services import codes, joining, passwords, registration, sessions, sign_in, wechat


class GuestView(APIView):
    """Open to everybody: who signs in has no token yet, or an old one that must not matter."""

    authentication_classes = ()
    permission_classes = ()


def checked(serializer: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """The request's body, as the serializer takes it."""
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    values: dict[str, Any] = data.validated_data
    return values


def asker(request: Request) -> dict[str, Any]:
    """What sign-in notes about the device that asks."""
    return {
        "user_agent": request.META.get("HTTP_USER_AGENT", ""),
        "at": timezone.now(),
    }


def _origin(given: dict[str, Any]) -> registration.Origin:
    """What brought a new person; taken out of what else was given."""
    return joining.origin_if_known(
        given.pop("invitation_code"), source_code=given.pop("source_code")
    )


def address(request: Request) -> str:
    ip: str = request.META.get("REMOTE_ADDR", "")
    return ip


class CodesView(GuestView):
    """Ask for a one-time code. The answer does not depend on whether the number is a member's."""

    @extend_schema(
        operation_id="sign_in_codes_create",
        request=serializers.CodeRequestSerializer,
        responses={202: serializers.CodeSentSerializer},
    )
    def post(self, request: Request) -> Response:
        sent = codes.request_code(
            **checked(serializers.CodeRequestSerializer, request),
            ip=address(request),
            language=get_language() or "",
            at=timezone.now(),
        )
        content = serializers.CodeSentSerializer(sent).data
        return Response(content, status=status.HTTP_202_ACCEPTED)


class SignInView(GuestView):
    """Exchange a code for a pair of tokens; a number without a member becomes one."""

    @extend_schema(
        operation_id="sign_in_create",
        request=serializers.SignInSerializer,
        responses={200: serializers.SignedInSerializer},
    )
    def post(self, request: Request) -> Response:
        given = checked(serializers.SignInSerializer, request)
        origin = _origin(given)
        done = sign_in.sign_in(
            **given, origin=origin, kind=DeviceSession.Kind.API, **asker(request)
        )
        return _signed_in(done, request)


class PasswordSignInView(GuestView):
    """Exchange a number and its password for a pair of tokens. It never makes a member."""

    @extend_schema(
        operation_id="sign_in_password_create",
        request=serializers.PasswordSignInSerializer,
        responses={200: serializers.SignedInSerializer},
    )
    def post(self, request: Request) -> Response:
        given = checked(serializers.PasswordSignInSerializer, request)
        done = passwords.sign_in(
            **given, ip=address(request), kind=DeviceSession.Kind.API, **asker(request)
        )
        return _signed_in(done, request)


class WechatSignInView(GuestView):
    """Exchange the code of `wx.login` for a pair of tokens.

    `wechat_phone_needed` says that nobody is bound to this WeChat user: call again with a new
    `login_code` and the `phone_code` of the phone component.
    """

    @extend_schema(
        operation_id="sign_in_wechat_create",
        request=serializers.WechatSignInSerializer,
        responses={200: serializers.SignedInSerializer},
    )
    def post(self, request: Request) -> Response:
        given = checked(serializers.WechatSignInSerializer, request)
        origin = _origin(given)
        done = wechat.sign_in(**given, origin=origin, ip=address(request), **asker(request))
        return _signed_in(done, request)


class RefreshView(GuestView):
    """Exchange a refresh token for the next pair. Each counts once; keep the new one."""

    @extend_schema(
        operation_id="sign_in_refresh_create",
        request=serializers.RefreshSerializer,
        responses={200: serializers.CredentialsSerializer},
    )
    def post(self, request: Request) -> Response:
        given = checked(serializers.RefreshSerializer, request)
        done = sessions.refresh(token=given["refresh_token"], at=timezone.now())
        content = serializers.CredentialsSerializer(done, context={"request": request}).data
        return Response(content)


class SignOutView(APIView):
    """Sign out the device that asks: both of its tokens end."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="sign_out_create", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        sessions.close(token=str(request.auth), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _signed_in(done: sign_in.SignedIn, request: Request) -> Response:
    return Response(serializers.SignedInSerializer(done, context={"request": request}).data)
