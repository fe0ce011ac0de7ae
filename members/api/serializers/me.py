"""What a member is told about themselves, and may change."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from members import policies
from members.models import Address, Consent, Member
from members.policies import regions
from members.services.profile import is_complete
from stores.api.strict import StrictSerializer


class MemberSerializer(serializers.ModelSerializer[Member]):
    phone = serializers.CharField(source="masked_phone", read_only=True)
    preferred_store = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    avatar_url = serializers.SerializerMethodField(
        help_text="Where the picture is read with the same token; null without one."
    )
    is_profile_complete = serializers.SerializerMethodField()

    class Meta:
        model = Member
        fields = (
            "number",
            "name",
            "phone",
            "gender",
            "birthday",
            "preferred_store",
            "avatar_url",
            "is_profile_complete",
            "joined_at",
        )
        read_only_fields = fields

    def get_avatar_url(self, member: Member) -> str | None:
        if not member.avatar:
            return None
        path = reverse("api-members:me-avatar")
        request = self.context.get("request")
        return request.build_absolute_uri(path) if request is not None else path

    def get_is_profile_complete(self, member: Member) -> bool:
        return is_complete(member)


class ProfileSerializer(StrictSerializer):
    """What is left out stays as it is."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    gender = serializers.ChoiceField(required=False, choices=Member.Gender.choices)
    birthday = serializers.DateField(
        required=False, help_text="Can be entered once; staff correct mistakes."
    )
    preferred_store = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="The code of a store."
    )


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Twenty digits, for a QR code and a bar code alike.")
    refresh_after_seconds = serializers.IntegerField(help_text="Ask for the next one then.")


class InvitationSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    url = serializers.CharField(help_text="The page on which a friend joins with this code.")
    joined = serializers.IntegerField(help_text="How many friends joined with it.")


class AddressSerializer(serializers.ModelSerializer[Address]):
    phone = serializers.SerializerMethodField()
    region_name = serializers.SerializerMethodField()

    class Meta:
        model = Address
        fields = ("id", "recipient", "phone", "region", "region_name", "detail", "is_default")
        read_only_fields = fields

    def get_phone(self, address: Address) -> str:
        return policies.national_phone(address.phone)

    def get_region_name(self, address: Address) -> str:
        return regions.name(address.region)


class AddressContentSerializer(StrictSerializer):
    recipient = serializers.CharField(max_length=200)
    phone = serializers.CharField(max_length=policies.PHONE_LENGTH_MAX)
    region = serializers.CharField(
        max_length=regions.CODE_LENGTH, help_text="The code of a district, from `GET /regions`."
    )
    detail = serializers.CharField(max_length=400)
    is_default = serializers.BooleanField(default=False)


class AddressLineSerializer(StrictSerializer):
    text = serializers.CharField(max_length=400)


class ParsedAddressSerializer(serializers.Serializer[Any]):
    recipient = serializers.CharField()
    phone = serializers.CharField()
    region = serializers.CharField()
    region_name = serializers.SerializerMethodField()
    detail = serializers.CharField()

    def get_region_name(self, parsed: Any) -> str:
        return regions.name(parsed.region) if parsed.region else ""


class RegionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    is_whole = serializers.BooleanField(help_text="Exact enough for an address.")


class RegionQuery(serializers.Serializer[Any]):
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes fields off the class
        required=False, allow_blank=True, max_length=regions.CODE_LENGTH, default=""
    )


class ConsentSerializer(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields off the class
    is_given = serializers.BooleanField()
    version = serializers.CharField(allow_blank=True)
    given_at = serializers.DateTimeField(allow_null=True)
    is_needed = serializers.BooleanField(
        help_text="Cannot be withdrawn while the membership lasts."
    )


class ConsentChangeSerializer(StrictSerializer):
    purpose = serializers.CharField(max_length=20)
    is_given = serializers.BooleanField()
