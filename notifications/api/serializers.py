"""Notices and settings as the mini-program sends and gets them."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from notifications.models import Message, Notice
from notifications.selectors.reach import Reach, Subscription
from notifications.services import reach
from stores.api.strict import StrictSerializer

_ID_MAX = 2**63 - 1
IDS_MAX = 200


class NoticeQuery(serializers.Serializer[Any]):
    group = serializers.ChoiceField(choices=Notice.Group.choices, required=False, default="")
    unread = serializers.BooleanField(required=False, default=False, help_text="Only unread ones.")
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=_ID_MAX)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)


class NoticeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    event = serializers.CharField(allow_blank=True)
    group = serializers.ChoiceField(choices=Notice.Group.choices)
    title = serializers.CharField()
    body = serializers.CharField()
    points = serializers.IntegerField(allow_null=True, help_text="Signed where points moved.")
    link = serializers.CharField(
        allow_blank=True, help_text="A path of the member pages that shows more."
    )
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NoticePageSerializer(serializers.Serializer[Any]):
    results = NoticeSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)


class UnreadSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    groups = serializers.DictField(child=serializers.IntegerField())


class ReadSerializer(StrictSerializer):
    """One of the three: some notices, a tab, or all of them."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_ID_MAX),
        required=False,
        allow_empty=False,
        max_length=IDS_MAX,
    )
    group = serializers.ChoiceField(choices=Notice.Group.choices, required=False)
    all = serializers.BooleanField(required=False, default=False)
    newest = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=_ID_MAX,
        help_text="With group or all: the newest notice that was shown; later ones stay unread.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = [name for name in ("ids", "group", "all") if attrs.get(name)]
        if len(named) != 1 or ("ids" in attrs and "newest" in attrs):
            error = serializers.ErrorDetail(
                str(_("Name exactly one of ids, group and all.")), code="one_of_three"
            )
            raise serializers.ValidationError({"ids": [error]})
        return attrs


class ReadCountSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread.")


class SwitchSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    channel = serializers.ChoiceField(choices=Message.Channel.choices)
    is_on = serializers.BooleanField()


class SettingsSerializer(serializers.Serializer[Any]):
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    email = serializers.CharField(allow_blank=True)
    is_email_confirmed = serializers.BooleanField()
    quiet_from = serializers.TimeField(allow_null=True, format="%H:%M")
    quiet_until = serializers.TimeField(allow_null=True, format="%H:%M")
    shop_quiet_from = serializers.TimeField(
        format="%H:%M", help_text="What holds for a member without quiet hours of their own."
    )
    shop_quiet_until = serializers.TimeField(format="%H:%M")
    switches = SwitchSerializer(many=True, help_text="Every switch that is offered.")


class SettingsContentSerializer(StrictSerializer):
    """What is left out stays as it is."""

    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    switches = SwitchSerializer(many=True, required=False)


class EmailSerializer(StrictSerializer):
    email = serializers.CharField(max_length=254)


class EmailSentSerializer(serializers.Serializer[Any]):
    email = serializers.CharField()
    expires_at = serializers.DateTimeField()
    resend_at = serializers.DateTimeField()


class EmailConfirmSerializer(EmailSerializer):
    code = serializers.CharField(max_length=20)


class SubscriptionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    name = serializers.CharField(source="label", help_text="What the kind is called.")
    template_id = serializers.CharField(help_text="For wx.requestSubscribeMessage.")
    left = serializers.IntegerField(help_text="Messages that the member has still allowed.")


class GrantSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    count = serializers.IntegerField(
        min_value=1, max_value=reach.GRANTS_MAX, required=False, default=1
    )


class GrantLeftSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    left = serializers.IntegerField()


def shown_settings(held: Reach) -> dict[str, Any]:
    content = {
        "language": held.language,
        "email": held.email,
        "is_email_confirmed": held.is_email_confirmed,
        "quiet_from": held.quiet_from,
        "quiet_until": held.quiet_until,
        "shop_quiet_from": held.shop_quiet[0],
        "shop_quiet_until": held.shop_quiet[1],
        "switches": [
            {"kind": kind, "channel": channel, "is_on": is_on}
            for (kind, channel), is_on in held.switches.items()
        ],
    }
    return dict(SettingsSerializer(content).data)


def shown_subscriptions(rows: list[Subscription]) -> list[dict[str, Any]]:
    return [dict(SubscriptionSerializer(row).data) for row in rows]
