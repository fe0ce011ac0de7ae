"""A member's devices, password and WeChat user."""

from typing import Any

from rest_framework import serializers

from members.models import DeviceSession
from members.services.passwords import LENGTH_MAX
from stores.api.strict import StrictSerializer


class DeviceSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="In plain words, by Accept-Language.")
    kind = serializers.ChoiceField(choices=DeviceSession.Kind.choices)
    signed_in_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField(help_text="To within a day.")
    is_this = serializers.BooleanField(help_text="Whether it is the device that asks.")


class SignedOutSerializer(serializers.Serializer[Any]):
    signed_out = serializers.IntegerField(help_text="How many devices.")


class PasswordStateSerializer(serializers.Serializer[Any]):
    has_password = serializers.BooleanField()
    changed_at = serializers.DateTimeField(allow_null=True)


class ProofSerializer(StrictSerializer):
    """One of the two: a code that was just sent, or the password so far."""

    code = serializers.CharField(max_length=10, required=False, allow_blank=True, default="")
    old_password = serializers.CharField(
        max_length=LENGTH_MAX, required=False, allow_blank=True, default="", trim_whitespace=False
    )


class PasswordChangeSerializer(ProofSerializer):
    new_password = serializers.CharField(max_length=LENGTH_MAX, trim_whitespace=False)


class WechatStateSerializer(serializers.Serializer[Any]):
    is_bound = serializers.BooleanField()
    bound_at = serializers.DateTimeField(allow_null=True)


class WechatBindSerializer(StrictSerializer):
    login_code = serializers.CharField(max_length=200, help_text="From `wx.login`.")
