"""A member's devices, password and WeChat user."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member, calling_session
from members.api.serializers import security as serializers
from members.api.serializers.sign_in import CodeSentSerializer
from members.api.views.sign_in import address, checked
from members.models import DeviceSession
from members.selectors import security
from members.services import passwords, sessions, wechat


class MemberView(APIView):
    permission_classes = (IsMember,)


class DevicesView(ListAPIView[DeviceSession]):
    """Where the member is signed in, the one used last first."""

    permission_classes = (IsMember,)
    serializer_class = serializers.DeviceSerializer
    queryset = DeviceSession.objects.none()

    @extend_schema(operation_id="me_devices_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = security.devices(member_id=calling_member(request).pk, at=timezone.now())
        rows = self.paginate_queryset(found) or []
        this = calling_session(request)
        shown = [security.described(row, this=this) for row in rows]
        return self.get_paginated_response(serializers.DeviceSerializer(shown, many=True).data)


class DeviceView(MemberView):
    @extend_schema(operation_id="me_devices_destroy", responses={204: None})
    def delete(self, request: Request, device_id: int) -> Response:
        """Sign this device out."""
        return _sign_out_one(request, device_id)


class DeviceSignOutView(MemberView):
    """The same for clients without DELETE."""

    @extend_schema(operation_id="me_devices_sign_out", request=None, responses={204: None})
    def post(self, request: Request, device_id: int) -> Response:
        return _sign_out_one(request, device_id)


class SignOutEverywhereView(MemberView):
    """Sign out every device, the one that asks as well."""

    @extend_schema(
        operation_id="me_sign_out_everywhere",
        request=None,
        responses={200: serializers.SignedOutSerializer},
    )
    def post(self, request: Request) -> Response:
        count = sessions.close_all(member_id=calling_member(request).pk, at=timezone.now())
        return Response({"signed_out": count})


class OwnCodesView(MemberView):
    """Send a one-time code to the member's own number, as proof for what follows."""

    @extend_schema(
        operation_id="me_codes_create", request=None, responses={202: CodeSentSerializer}
    )
    def post(self, request: Request) -> Response:
        sent = passwords.request_code(
            member=calling_member(request),
            ip=address(request),
            language=get_language() or "",
            at=timezone.now(),
        )
        return Response(CodeSentSerializer(sent).data, status=status.HTTP_202_ACCEPTED)


class PasswordView(MemberView):
    @extend_schema(
        operation_id="me_password_retrieve", responses=serializers.PasswordStateSerializer
    )
    def get(self, request: Request) -> Response:
        """Whether there is a password, and since when."""
        changed_at = security.password_changed_at(calling_member(request).pk)
        return Response(
            serializers.PasswordStateSerializer(
                {"has_password": changed_at is not None, "changed_at": changed_at}
            ).data
        )

    @extend_schema(
        operation_id="me_password_update",
        request=serializers.PasswordChangeSerializer,
        responses={204: None},
    )
    def put(self, request: Request) -> Response:
        """Set or change it. Every other device is signed out."""
        given = checked(serializers.PasswordChangeSerializer, request)
        passwords.change(new=given["new_password"], **_proof(given, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordRemovalView(MemberView):
    """Go back to codes alone. Every other device is signed out."""

    @extend_schema(
        operation_id="me_password_remove",
        request=serializers.ProofSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        passwords.remove(**_proof(checked(serializers.ProofSerializer, request), request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WechatView(MemberView):
    @extend_schema(operation_id="me_wechat_retrieve", responses=serializers.WechatStateSerializer)
    def get(self, request: Request) -> Response:
        """Whether a WeChat user is bound, and since when."""
        bound_at = security.wechat_bound_at(calling_member(request).pk)
        return Response(
            serializers.WechatStateSerializer(
                {"is_bound": bound_at is not None, "bound_at": bound_at}
            ).data
        )


class WechatBindView(MemberView):
    """Bind whoever called `wx.login`, so that the next sign-in needs nothing else."""

    @extend_schema(
        operation_id="me_wechat_bind",
        request=serializers.WechatBindSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        given = checked(serializers.WechatBindSerializer, request)
        wechat.bind(member=calling_member(request), ip=address(request), at=timezone.now(), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class WechatUnbindView(MemberView):
    """Forget the WeChat user. Devices stay signed in."""

    @extend_schema(operation_id="me_wechat_unbind", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        wechat.unbind(member_id=calling_member(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="me_wechat_unbind_destroy", responses={204: None})
    def delete(self, request: Request) -> Response:
        return self.post(request)


def _sign_out_one(request: Request, device_id: int) -> Response:
    member = calling_member(request)
    if not sessions.close_one(member_id=member.pk, session_id=device_id, at=timezone.now()):
        raise Http404
    return Response(status=status.HTTP_204_NO_CONTENT)


def _proof(given: dict[str, Any], request: Request) -> dict[str, Any]:
    return {
        "member": calling_member(request),
        "old": given["old_password"],
        "code": given["code"],
        "ip": address(request),
        "keep_session": calling_session(request),
        "at": timezone.now(),
    }
