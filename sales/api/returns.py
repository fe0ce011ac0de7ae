"""A member's returns with their slips, for a mini-program."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import IsMember, calling_member
from sales.api.serializers import SlipSerializer
from sales.models import Receipt
from sales.selectors import slips


class GoodsReturnSerializer(serializers.ModelSerializer[Receipt]):
    store = serializers.CharField(source="store.code")
    store_name = serializers.CharField(source="store.name")

    class Meta:
        model = Receipt
        fields: tuple[str, ...] = (
            *("id", "store", "store_name", "number", "original_number", "occurred_at"),
            *("total", "currency"),
        )


class GoodsReturnDetailSerializer(GoodsReturnSerializer):
    slip = serializers.SerializerMethodField()

    class Meta(GoodsReturnSerializer.Meta):
        fields = (*GoodsReturnSerializer.Meta.fields, "slip")

    @extend_schema_field(SlipSerializer)
    def get_slip(self, receipt: Receipt) -> dict[str, Any]:
        return dict(SlipSerializer(slips.slip_of(receipt)).data)


class GoodsReturnPageSerializer(serializers.Serializer[Any]):
    results = GoodsReturnSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class ReturnQuery(serializers.Serializer[Any]):
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)


class MyReturnsView(APIView):
    """The member's settled returns, newest first."""

    permission_classes = (IsMember,)

    @extend_schema(
        operation_id="me_returns_list",
        parameters=[ReturnQuery],
        responses=GoodsReturnPageSerializer,
    )
    def get(self, request: Request) -> Response:
        query = ReturnQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = slips.returns_of(calling_member(request).pk)
        if "cursor" in query.validated_data:
            last = rows.filter(pk=query.validated_data["cursor"]).first()
            if last is None:
                raise Http404
            rows = slips.before(rows, last)
        size = query.validated_data["page_size"]
        found = list(rows[: size + 1])
        next_cursor = str(found[size - 1].pk) if len(found) > size else None
        page = GoodsReturnSerializer(found[:size], many=True).data
        return Response({"results": page, "next_cursor": next_cursor})


class MyReturnView(APIView):
    """One return with its slip 退货积分单."""

    permission_classes = (IsMember,)

    @extend_schema(operation_id="me_returns_retrieve", responses=GoodsReturnDetailSerializer)
    def get(self, request: Request, receipt_id: int) -> Response:
        found = slips.returns_of(calling_member(request).pk).filter(pk=receipt_id).first()
        if found is None:
            raise Http404
        return Response(GoodsReturnDetailSerializer(found).data)
