"""What the API says about segments."""

from typing import Any

from rest_framework import serializers

from members.models import Segment
from members.selectors.segments import Listed
from stores.api.strict import StrictSerializer

PAGE_MAX = 500
_CURSOR_MAX = 2**63 - 1


class SegmentSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(help_text="In the language of the request, for RFM groups.")
    description = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Segment.Kind.choices)
    size = serializers.IntegerField(help_text="Members as of `computed_at`.")
    computed_at = serializers.DateTimeField(allow_null=True)


class SegmentListSerializer(serializers.Serializer[Any]):
    results = SegmentSerializer(many=True)


class SegmentMemberSerializer(serializers.Serializer[Any]):
    """No name and no phone: whoever needs them looks the member up, one by one."""

    number = serializers.CharField()
    external_number = serializers.CharField(allow_null=True)


class SegmentMemberPageSerializer(serializers.Serializer[Any]):
    results = SegmentMemberSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class SegmentMemberQuery(StrictSerializer):
    cursor = serializers.IntegerField(
        required=False,
        default=0,
        min_value=0,
        max_value=_CURSOR_MAX,
        help_text="`next_cursor` of the page before.",
    )
    page_size = serializers.IntegerField(
        required=False, default=100, min_value=1, max_value=PAGE_MAX
    )


def segment(row: Segment) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": str(row),
        "description": row.description,
        "kind": row.kind,
        "size": row.size,
        "computed_at": row.computed_at,
    }


def member(row: Listed) -> dict[str, Any]:
    return {"number": row.number, "external_number": row.external_number}
