"""What sign-in takes and gives."""

from typing import Any

from rest_framework import serializers

from members.api.serializers.me import MemberSerializer
from members.services.passwords import LENGTH_MAX
from stores.api.strict import StrictSerializer

_TOKEN_LENGTH_MAX = 200


class OriginSerializer(StrictSerializer):
    """What brought a new member."""

    invitation_code = serializers.CharField(
        max_length=20,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the friend who invited a new member; an unknown one is passed over.",
    )
    source_code = serializers.CharField(
        max_length=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="Which poster or link brought a new member.",
    )


class CodeRequestSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=40, help_text="A mobile number in any usual form.")


class CodeSentSerializer(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()
    resend_at = serializers.DateTimeField(help_text="Before then another request is refused.")


class SignInSerializer(OriginSerializer):
    phone = serializers.CharField(max_length=40)
    code = serializers.CharField(max_length=10, help_text="The six digits from the message.")


class PasswordSignInSerializer(StrictSerializer):
    phone = serializers.CharField(max_length=40)
    password = serializers.CharField(max_length=LENGTH_MAX, trim_whitespace=False)


class WechatSignInSerializer(OriginSerializer):
    login_code = serializers.CharField(max_length=_TOKEN_LENGTH_MAX, help_text="From `wx.login`.")
    phone_code = serializers.CharField(
        max_length=_TOKEN_LENGTH_MAX,
        required=False,
        allow_blank=True,
        default="",
        help_text="From the phone component; only for `wechat_phone_needed`.",
    )


class RefreshSerializer(StrictSerializer):
    refresh_token = serializers.CharField(max_length=_TOKEN_LENGTH_MAX)


class CredentialsSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField(
        source="credentials.access_token", help_text="For `Authorization: Bearer`."
    )
    access_expires_at = serializers.DateTimeField(source="credentials.access_expires_at")
    refresh_token = serializers.CharField(
        source="credentials.refresh_token", help_text="For `POST /sign-in/refresh`, once."
    )
    refresh_expires_at = serializers.DateTimeField(source="credentials.refresh_expires_at")
    member = MemberSerializer()


class SignedInSerializer(CredentialsSerializer):
    is_new = serializers.BooleanField(help_text="Whether this sign-in made the member.")
