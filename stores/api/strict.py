"""Input that says nothing which is not understood."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a mistyped `original_number` would turn a return of
    a sale into a return of nothing, and take back other points."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:64] for name in data if name not in self.fields]
            if unknown:
                error = serializers.ErrorDetail(
                    str(_("There is no such field.")), code="unknown_field"
                )
                raise serializers.ValidationError({name: [error] for name in unknown})
        return super().to_internal_value(data)
