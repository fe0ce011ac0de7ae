"""The member's own record: profile, picture, code, invitation, consents."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from members.api.serializers import me as serializers
from members.models import Member
from members.policies import codes
from members.selectors import look_up
from members.selectors.consents import consents_of
from members.services import consents, profile
from stores.exceptions import PictureInvalid
from stores.services import pictures


class MeView(APIView):
    """The signed-in member."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_retrieve", responses=serializers.MemberSerializer)
    def get(self, request: Request) -> Response:
        return _answer(request, calling_member(request))

    @extend_schema(
        operation_id="me_update",
        request=serializers.ProfileSerializer,
        responses=serializers.MemberSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change what is given; what is left out stays."""
        data = serializers.ProfileSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        member = profile.edit(
            member_id=calling_member(request).pk,
            changes=profile.Changes(
                name=given.get("name"),
                gender=given.get("gender"),
                birthday=given.get("birthday"),
                preferred_store_code=given.get("preferred_store"),
            ),
            at=timezone.now(),
        )
        return _answer(request, member)


class AvatarView(APIView):
    """The member's picture."""

    permission_classes = (IsMember,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="me_avatar_retrieve", responses={(200, "image/webp"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request) -> HttpResponse:
        content = pictures.read(calling_member(request).avatar)
        if content is None:
            raise Http404
        return HttpResponse(content, content_type="image/webp")

    @extend_schema(
        operation_id="me_avatar_create",
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"picture": {"type": "string", "format": "binary"}},
                "required": ["picture"],
            }
        },
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        """JPEG, PNG or WebP, at most 10 MB and 25 megapixels, as the field `picture`."""
        upload = request.FILES.get("picture")
        if upload is None:
            raise PictureInvalid
        content = upload.read(pictures.BYTES_MAX + 1)
        profile.set_avatar(member_id=calling_member(request).pk, content=content)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="me_avatar_destroy", responses={204: None})
    def delete(self, request: Request) -> Response:
        profile.remove_avatar(member_id=calling_member(request).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CodeView(APIView):
    """The member code that a till scans. It changes every thirty seconds."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_code_retrieve", responses=serializers.CodeSerializer)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        content = {
            "code": look_up.member_code(calling_member(request), now),
            "refresh_after_seconds": codes.seconds_left(now),
        }
        return Response(content, headers={"Cache-Control": "no-store"})


class InvitationView(APIView):
    """The code by which the member invites friends."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_invitation_retrieve", responses=serializers.InvitationSerializer
    )
    def get(self, request: Request) -> Response:
        member = calling_member(request)
        code = profile.invitation_code(member)
        url = request.build_absolute_uri(reverse("members:join", args=[code]))
        joined = Member.objects.filter(invited_by=member).count()
        return Response({"code": code, "url": url, "joined": joined})


class ConsentsView(APIView):
    """What the member agrees to, purpose by purpose."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_consents_list", responses=serializers.ConsentSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        return self._answer(calling_member(request))

    @extend_schema(
        operation_id="me_consents_update",
        request=serializers.ConsentChangeSerializer,
        responses=serializers.ConsentSerializer(many=True),
    )
    def put(self, request: Request) -> Response:
        """Give or withdraw one; 422 `consent_needed` for the terms themselves."""
        data = serializers.ConsentChangeSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member = calling_member(request)
        act = consents.give if data.validated_data["is_given"] else consents.withdraw
        act(member_id=member.pk, purpose=data.validated_data["purpose"], at=timezone.now())
        return self._answer(member)

    @staticmethod
    def _answer(member: Member) -> Response:
        rows = serializers.ConsentSerializer(consents_of(member.pk), many=True)
        return Response(rows.data)


def _answer(request: Request, member: Member) -> Response:
    return Response(serializers.MemberSerializer(member, context={"request": request}).data)
