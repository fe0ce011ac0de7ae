"""The member's address book, and China's divisions to fill it with."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members import policies
from members.api.authentication import IsMember, calling_member
from members.api.serializers import me as serializers
from members.exceptions import AddressUnknown
from members.models import Address
from members.policies import addresses as lines
from members.policies import regions
from members.services import addresses


class AddressesView(APIView):
    """All addresses, the default first. A book has at most twenty, so it has no pages."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_addresses_list", responses=serializers.AddressSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        rows = Address.objects.of(calling_member(request).pk)
        return Response(serializers.AddressSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="me_addresses_create",
        request=serializers.AddressContentSerializer,
        responses={201: serializers.AddressSerializer},
    )
    def post(self, request: Request) -> Response:
        address = addresses.add(
            member_id=calling_member(request).pk, content=_content(request), at=timezone.now()
        )
        data = serializers.AddressSerializer(address).data
        return Response(data, status=status.HTTP_201_CREATED)


class AddressView(APIView):
    """One address of the member's."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_addresses_retrieve", responses=serializers.AddressSerializer)
    def get(self, request: Request, address_id: int) -> Response:
        rows = Address.objects.of(calling_member(request).pk)
        address = rows.filter(pk=address_id).first()
        if address is None:
            raise AddressUnknown
        return Response(serializers.AddressSerializer(address).data)

    @extend_schema(
        operation_id="me_addresses_update",
        request=serializers.AddressContentSerializer,
        responses=serializers.AddressSerializer,
    )
    def put(self, request: Request, address_id: int) -> Response:
        address = addresses.change(
            member_id=calling_member(request).pk,
            address_id=address_id,
            content=_content(request),
        )
        return Response(serializers.AddressSerializer(address).data)

    @extend_schema(operation_id="me_addresses_destroy", responses={204: None})
    def delete(self, request: Request, address_id: int) -> Response:
        addresses.remove(member_id=calling_member(request).pk, address_id=address_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ParseView(APIView):
    """Read an address from one pasted line. Nothing is stored: show it, let it be corrected."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_addresses_parse",
        request=serializers.AddressLineSerializer,
        responses=serializers.ParsedAddressSerializer,
    )
    def post(self, request: Request) -> Response:
        data = serializers.AddressLineSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        parsed = lines.parse(data.validated_data["text"])
        return Response(serializers.ParsedAddressSerializer(parsed).data)


class RegionsView(APIView):
    """Provinces, or what lies directly below `parent`. No database, open to all."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="regions_list",
        parameters=[serializers.RegionQuery],
        responses=serializers.RegionSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = serializers.RegionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        parent = policies.fold_digits(query.validated_data["parent"])
        rows = [
            {"code": code, "name": name, "is_whole": regions.is_whole(code)}
            for code, name in regions.children(parent)
        ]
        answer = serializers.RegionSerializer(rows, many=True)
        return Response(answer.data, headers={"Cache-Control": "public, max-age=86400"})


def _content(request: Request) -> addresses.Content:
    data = serializers.AddressContentSerializer(data=request.data)
    data.is_valid(raise_exception=True)
    return addresses.Content(**data.validated_data)
