"""Acts of members, reported by a mini-program's server, a till or another system of the store."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns import exceptions
from campaigns.models import Event
from campaigns.policies.events import REPORTABLE, EventInput
from campaigns.selectors import acts, explanations, whys
from campaigns.services import events
from campaigns.services.events import Reported
from members import selectors
from members.api import naming
from stores.api.authentication import IsMachine, Machine, StoreKey, calling_machine
from stores.api.strict import StrictSerializer


class EventSerializer(StrictSerializer):
    """One act. The store's own number makes it unique: sent again, it is not counted twice."""

    external_id = serializers.CharField(
        max_length=64, help_text="Your own number of the act; unique within the store."
    )
    trigger = serializers.ChoiceField(
        choices=[(name, name) for name in REPORTABLE],
        help_text="What happened. `event` and `custom` need a `code`.",
    )
    code = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    member_number = serializers.CharField(max_length=20, required=False)
    member_phone = serializers.CharField(max_length=40, required=False)
    member_external_number = serializers.CharField(max_length=64, required=False)
    occurred_at = serializers.DateTimeField(
        required=False,
        help_text="ISO 8601; left out: now. Without an offset it is the store's local time.",
    )
    quantity = serializers.DecimalField(
        max_digits=9,
        decimal_places=3,
        required=False,
        default=Decimal(1),
        help_text="More than zero.",
    )
    amount = serializers.DecimalField(
        max_digits=15,
        decimal_places=4,
        required=False,
        default=Decimal(0),
        help_text="Yuan, if any.",
    )
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=64, allow_blank=False),
        required=False,
        default=dict,
        help_text="Facts that rules may ask for, such as the platform of a share; up to twenty.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.context.get("zone")
        if isinstance(zone, ZoneInfo):
            self.fields["occurred_at"].timezone = zone  # type: ignore[attr-defined]  # DRF's own

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if naming.named_by(attrs) is None:
            message = _("Say whose act it is.")
            raise serializers.ValidationError({"member_number": message}, code="required")
        return attrs


class ReportedSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(source="event.external_id")
    trigger = serializers.CharField(source="event.trigger")
    code = serializers.CharField(source="event.code")
    state = serializers.ChoiceField(source="event.state", choices=Event.State.choices)
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    points = serializers.IntegerField(source="event.points")
    explanation = serializers.SerializerMethodField()
    explanation_data = serializers.SerializerMethodField(
        help_text="The arithmetic as data; what rules know of the person is left out."
    )
    is_replay = serializers.BooleanField(help_text="Whether this act was there before.")

    @extend_schema_field(str)
    def get_explanation(self, told: Reported) -> str:
        data = told.event.explanation
        return explanations.sentence(data) if data else ""

    def get_explanation_data(self, told: Reported) -> dict[str, Any]:
        return whys.shown(told.event.explanation, reader="till")


class ReversalSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class EventsView(APIView):
    """Report an act: a review, a share, a check-in, an event of your own …"""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="events_create",
        request=EventSerializer,
        responses={201: ReportedSerializer, 200: ReportedSerializer},
    )
    def post(self, request: Request) -> Response:
        """201 for a new act; 200 with the first answer for one that is already there; 409
        `duplicate_number` when its content was different."""
        machine = calling_machine(request)
        store = machine.store
        data = EventSerializer(data=request.data, context={"zone": ZoneInfo(store.time_zone)})
        data.is_valid(raise_exception=True)
        now = timezone.now()
        known = acts.by_number(_source(machine), data.validated_data["external_id"])
        told = events.record(
            source=_source(machine),
            event=_event(data.validated_data, now=now if known is None else known.occurred_at),
            actor=f"key:{machine.key.prefix}",
            now=now,
            store=store,
        )
        code = status.HTTP_200_OK if told.is_replay else status.HTTP_201_CREATED
        return Response(ReportedSerializer(told).data, status=code)


class EventView(APIView):
    """An act that the calling store has reported."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(operation_id="events_retrieve", responses=ReportedSerializer)
    def get(self, request: Request, external_id: str) -> Response:
        event = acts.by_number(_source(calling_machine(request)), external_id)
        if event is None:
            raise Http404
        return Response(ReportedSerializer(Reported(event, is_replay=True)).data)


class ReversalView(APIView):
    """Take back what an act has earned, because it fell away. Again, it changes nothing."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    @extend_schema(
        operation_id="events_reverse",
        request=ReversalSerializer,
        responses=ReportedSerializer,
    )
    def post(self, request: Request, external_id: str) -> Response:
        machine = calling_machine(request)
        data = ReversalSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        event = events.reverse(
            source=_source(machine),
            external_id=external_id,
            reason=data.validated_data["reason"],
            actor=f"key:{machine.key.prefix}",
            now=timezone.now(),
        )
        return Response(ReportedSerializer(Reported(event)).data)


def _source(machine: Machine) -> str:
    return f"store:{machine.store.pk}"


def _event(data: Mapping[str, Any], *, now: Any) -> EventInput:
    name = naming.named_by(data) or ""
    member_id = selectors.member_id(naming.FIELDS[name], data[name])
    if member_id is None:
        raise exceptions.UnknownMember(field=name)
    return EventInput(
        external_id=data["external_id"],
        trigger=data["trigger"],
        member_id=member_id,
        occurred_at=data.get("occurred_at") or now,
        code=data["code"],
        quantity=data["quantity"],
        amount=data["amount"],
        attributes=data["attributes"],
    )
