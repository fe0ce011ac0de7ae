"""People at the till: who is this, and a new one."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as drf
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.serializers import till as serializers
from members.exceptions import MemberCodeStale, MemberUnknown
from members.models import Member
from members.selectors import look_up
from members.services import joining
from stores.api.authentication import IsMachine, StoreKey, calling_machine


class LookUpView(APIView):
    """Find a member by the scanned code, the number, the phone or the external number.

    By POST, so that no phone number ends up in the log of a proxy. Two queries in all: one for
    the key, one for the member with everything that the till is told.
    """

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="members_look_up",
        request=serializers.LookUpSerializer,
        responses=serializers.FoundSerializer,
    )
    def post(self, request: Request) -> Response:
        data = serializers.LookUpSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        name, value = _one_of(data.validated_data)
        now = timezone.now()
        found = look_up.look_up(serializers.KINDS[name], value, at=now)
        if found is None and name == "code" and look_up.is_stale_code(value, at=now):
            raise MemberCodeStale
        if found is None:
            raise MemberUnknown(field=name)
        return Response(serializers.found(found))


class MembersView(APIView):
    """Register a member for somebody at the till."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="members_create",
        request=serializers.RegistrationSerializer,
        responses={201: serializers.FoundSerializer},
    )
    def post(self, request: Request) -> Response:
        """409 `phone_taken` or `external_number_taken` for somebody who is a member already."""
        data = serializers.RegistrationSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        given = data.validated_data
        if not given.get("phone") and not given.get("external_number"):
            message = _("Give a mobile number or an external number.")
            raise drf.ValidationError({"phone": message}, code="required")
        now = timezone.now()
        member = joining.join(
            joining.Newcomer(**given),
            store_id=calling_machine(request).store.pk,
            source=Member.Source.TILL,
            at=now,
        )
        found = look_up.look_up("number", member.number, at=now)
        if found is None:  # pragma: no cover - it was made a moment ago
            raise MemberUnknown
        return Response(serializers.found(found), status=status.HTTP_201_CREATED)


def _one_of(given: dict[str, Any]) -> tuple[str, str]:
    if len(given) != 1:
        message = _("Name the member in one way only.")
        raise drf.ValidationError({next(iter(given), "code"): message}, code="one_way_only")
    return next(iter(given.items()))
