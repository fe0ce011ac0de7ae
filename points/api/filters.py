"""What may be asked for in the query of a list; anything else is refused with its field."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from points.models import Entry
from points.policies import LIMIT

PAGE_MAX = 100


class CursorField(serializers.IntegerField):
    """Where a page goes on: opaque to the client, and harmless when it is forged."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            min_value=1,
            max_value=LIMIT,
            help_text="`next_cursor` of the page before.",
        )


class PageQuery(serializers.Serializer[Any]):
    cursor = CursorField()
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=PAGE_MAX, default=20
    )


class EntryQuery(PageQuery):
    kind = serializers.MultipleChoiceField(choices=Entry.Kind.choices, required=False)

    def get_fields(self) -> dict[str, Any]:
        """Add `from` and `to`, which Python keeps for itself."""
        return super().get_fields() | {
            "from": serializers.DateTimeField(required=False, help_text="Inclusive, ISO 8601."),
            "to": serializers.DateTimeField(required=False, help_text="Exclusive, ISO 8601."),
        }


class InstantQuery(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="ISO 8601 with an offset; not in the future.")

    def validate_at(self, value: datetime) -> datetime:
        if value > timezone.now():
            raise serializers.ValidationError(_("The instant lies in the future."), code="future")
        return value
