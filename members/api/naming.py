"""How a store's systems name a member: in one of three ways, and only one."""

from collections.abc import Mapping
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

Kind = Literal["number", "phone", "external"]
FIELDS: Mapping[str, Kind] = {
    "member_number": "number",
    "member_phone": "phone",
    "member_external_number": "external",
}


def named_by(attrs: Mapping[str, Any]) -> str | None:
    """The field that names the member; None for nobody. A ValidationError for two at once."""
    named = [name for name in FIELDS if attrs.get(name)]
    if len(named) > 1:
        message = _("Name the member in one way only.")
        raise serializers.ValidationError({named[1]: message}, code="member_twice")
    return named[0] if named else None
