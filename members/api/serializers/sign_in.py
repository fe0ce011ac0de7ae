"""What sign-in takes and gives."""

from typing import Any

from rest_framework import serializers

from members.api.serializers.me import MemberSerializer


class CodeRequestSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=40, help_text="A mobile number in any usual form.")


class CodeSentSerializer(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()
    resend_at = serializers.DateTimeField(help_text="Before then another request is refused.")


class SignInSerializer(serializers.Serializer[Any]):
    phone = serializers.CharField(max_length=40)
    code = serializers.CharField(max_length=10, help_text="The six digits from the message.")


class SignedInSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="For `Authorization: Bearer`.")
    is_new = serializers.BooleanField(help_text="Whether this sign-in made the member.")
    member = MemberSerializer()
