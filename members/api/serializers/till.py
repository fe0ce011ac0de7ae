"""What a store's systems ask about people, and are told."""

from typing import Any

from rest_framework import serializers

from members import policies
from members.models import Member
from members.selectors.look_up import Found
from stores.api.strict import StrictSerializer

KINDS = {"code": "code", "number": "number", "phone": "phone", "external_number": "external"}


class LookUpSerializer(StrictSerializer):
    """Exactly one of the four."""

    code = serializers.CharField(required=False, max_length=40, help_text="Scanned off the phone.")
    number = serializers.CharField(required=False, max_length=40)
    phone = serializers.CharField(required=False, max_length=policies.PHONE_LENGTH_MAX)
    external_number = serializers.CharField(required=False, max_length=64)


class FoundSerializer(serializers.Serializer[Any]):
    """As little of a person as a till needs; `points` and `tier` come from their own apps."""

    number = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True, help_text="Masked.")
    birthday_month = serializers.IntegerField(allow_null=True)
    home_store = serializers.CharField(allow_null=True)
    panels = serializers.DictField(
        child=serializers.DictField(), help_text="By app: `points`, `tier`."
    )


def found(answer: Found) -> dict[str, Any]:
    member = answer.member
    return {
        "number": member.number,
        "name": member.name,
        "phone": member.masked_phone,
        "birthday_month": member.birthday.month if member.birthday else None,
        "home_store": member.home_store.code if member.home_store else None,
        "panels": dict(answer.panels),
    }


class RegistrationSerializer(StrictSerializer):
    """A phone or an external number, or both."""

    phone = serializers.CharField(required=False, max_length=policies.PHONE_LENGTH_MAX)
    external_number = serializers.CharField(required=False, max_length=200)
    name = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    birthday = serializers.DateField(required=False)
    gender = serializers.ChoiceField(required=False, choices=Member.Gender.choices)
    invitation_code = serializers.CharField(required=False, allow_blank=True, max_length=20)
    source_code = serializers.CharField(
        required=False, allow_blank=True, max_length=200, default=""
    )
    agreed_to_terms = serializers.BooleanField(
        default=False, help_text="The person agreed to terms and privacy statement at the till."
    )
