"""Tickets in the API."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from members.models import Ticket, TicketMessage
from members.selectors.carried import parts_of
from stores.api.strict import StrictSerializer

_BOUND = 20_000


class MessageContentSerializer(StrictSerializer):
    text = serializers.CharField(max_length=_BOUND, trim_whitespace=False)
    photos = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        help_text="Multipart only: up to six pictures (JPEG, PNG, WebP).",
    )


class TicketContentSerializer(MessageContentSerializer):
    kind = serializers.CharField(max_length=10, help_text="`question`, `complaint`, `suggestion`.")
    subject = serializers.CharField(max_length=_BOUND)
    store = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="A store's code."
    )


class DisputeContentSerializer(StrictSerializer):
    text = serializers.CharField(
        max_length=_BOUND, required=False, allow_blank=True, trim_whitespace=False
    )
    photos = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        help_text="Multipart only: up to six pictures (JPEG, PNG, WebP).",
    )


class TicketPhotoSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    url = serializers.CharField(help_text="For the same caller; WebP.")


class TicketMessageSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    act = serializers.ChoiceField(choices=["wrote", "closed", "reopened"])
    side = serializers.ChoiceField(choices=TicketMessage.Side.choices)
    text = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    photos = TicketPhotoSerializer(many=True)
    entry = serializers.IntegerField(
        allow_null=True, help_text="The entry that came of this answer, if any."
    )


class CarriedPartSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    rows = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class TicketSerializer(serializers.Serializer[Any]):
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=Ticket.Kind.choices)
    subject = serializers.CharField()
    state = serializers.ChoiceField(choices=Ticket.State.choices)
    state_label = serializers.CharField(source="get_state_display")
    store = serializers.CharField(source="store.code", allow_null=True, default=None)
    opened_at = serializers.DateTimeField()
    first_answered_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    about = serializers.CharField(source="subject_kind", help_text="`entry`, or empty.")
    about_id = serializers.CharField(source="subject_reference")


class TicketPageSerializer(serializers.Serializer[Any]):
    results = TicketSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    usual_hours = serializers.IntegerField(
        allow_null=True, help_text="Answers usually come within so many hours; null: too few yet."
    )


class TicketDetailSerializer(TicketSerializer):
    messages = TicketMessageSerializer(many=True)
    carried = CarriedPartSerializer(
        many=True, help_text="What the disputed thing looked like when the ticket was opened."
    )


class TicketQuery(serializers.Serializer[Any]):
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=100, default=20)


def ticket(row: Ticket) -> dict[str, Any]:
    return dict(TicketSerializer(row).data)


def detail(row: Ticket, messages: Sequence[TicketMessage]) -> dict[str, Any]:
    carried = [{"title": part.title, "rows": part.rows} for part in parts_of(row)]
    shown = [message(row, one) for one in messages]
    return ticket(row) | {"messages": shown, "carried": carried}


def message(row: Ticket, one: TicketMessage) -> dict[str, Any]:
    photos = [
        {"id": photo.pk, "url": reverse("api-members:me-ticket-photo", args=[row.number, photo.pk])}
        for photo in one.photos.all()
    ]
    content = {
        "id": one.pk,
        "act": one.act,
        "side": one.side,
        "text": one.text,
        "at": one.at,
        "photos": photos,
        "entry": one.carried.get("entry"),
    }
    return dict(TicketMessageSerializer(content).data)
