"""Relatives and friends, by API."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from members.models import Relation
from members.selectors import relations as selectors
from members.services import relations
from stores.api.strict import StrictSerializer


class RelationSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Relation.Kind.choices)
    name = serializers.CharField(help_text="The other's name, or their masked number.")
    bound_at = serializers.DateTimeField()


class RelationKindSerializer(StrictSerializer):
    kind = serializers.CharField(max_length=10, help_text="`family` or `friend`.")


class RelationInvitedSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="For the link or mini-program card of the other.")
    expires_at = serializers.DateTimeField()


class RelationTokenSerializer(StrictSerializer):
    token = serializers.CharField(max_length=64)


class RelationsView(APIView):
    """Who is bound to the member. Few by the merchant's limit, so there are no pages."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_relations_list", responses=RelationSerializer(many=True))
    def get(self, request: Request) -> Response:
        bonds = selectors.bonds(calling_member(request).pk)
        return Response([_shown(bond) for bond in bonds])


class RelationInvitationsView(APIView):
    """The member's own half of a bond: a link for one person, good for three days."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_relations_invite",
        request=RelationKindSerializer,
        responses={201: RelationInvitedSerializer},
    )
    def post(self, request: Request) -> Response:
        data = RelationKindSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        invited = relations.invite(
            member_id=calling_member(request).pk,
            kind=data.validated_data["kind"],
            at=timezone.now(),
        )
        answer = RelationInvitedSerializer(invited).data
        return Response(answer, status=status.HTTP_201_CREATED)


class RelationAcceptView(APIView):
    """The other half."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_relations_accept",
        request=RelationTokenSerializer,
        responses={201: RelationSerializer},
    )
    def post(self, request: Request) -> Response:
        """410 for a link that is used or too old; 409 when the two are bound already."""
        data = RelationTokenSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        member = calling_member(request)
        relation = relations.accept(
            member_id=member.pk, token=data.validated_data["token"], at=timezone.now()
        )
        bond = selectors.bond(member.pk, relation.pk)
        return Response(_shown(bond) if bond else {}, status=status.HTTP_201_CREATED)


class RelationView(APIView):
    """One relative or friend."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_relations_destroy", responses={204: None})
    def delete(self, request: Request, relation_id: int) -> Response:
        """Part; the other is not asked. 404 for a relation that is not the caller's."""
        member = calling_member(request)
        relations.end(
            member_id=member.pk,
            relation_id=relation_id,
            actor=f"member:{member.pk}",
            at=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(bond: selectors.Bond) -> dict[str, Any]:
    content = {
        "id": bond.relation_id,
        "kind": bond.kind,
        "name": bond.other.name or bond.other.masked_number,
        "bound_at": bond.bound_at,
    }
    return dict(RelationSerializer(content).data)
