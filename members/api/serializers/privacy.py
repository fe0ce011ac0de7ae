"""A member's copy of their data, and closing the account."""

from typing import Any

from rest_framework import serializers

from members.services.erasure import CONFIRMED
from stores.api.strict import StrictSerializer


class LossSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="What ends, for programs.")
    value = serializers.CharField(allow_blank=True, help_text="Its figure, often points.")
    text = serializers.CharField(help_text="The same as a sentence, by Accept-Language.")


class HindranceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ErasurePreviewSerializer(serializers.Serializer[Any]):
    losses = LossSerializer(many=True)
    hindrance = HindranceSerializer(
        allow_null=True, help_text="Why the account cannot be closed now; null: it can."
    )
    sends_code_to = serializers.CharField(help_text="The masked number that gets the code.")


class ErasureSerializer(StrictSerializer):
    code = serializers.CharField(max_length=10, help_text="As sent by `POST /me/codes`.")
    confirm = serializers.ChoiceField(
        choices=[CONFIRMED], help_text="The word itself: nothing closes an account by mistake."
    )


class ExportQuerySerializer(StrictSerializer):
    # Not `format`: that name picks a renderer of the framework.
    type = serializers.ChoiceField(choices=["json", "zip"], default="json")


class AccessSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    role = serializers.CharField(help_text="The role of who looked, never the name.")
    what = serializers.CharField(help_text="By Accept-Language.")
    times = serializers.IntegerField()


class AccessesSerializer(serializers.Serializer[Any]):
    accesses = AccessSerializer(many=True)
