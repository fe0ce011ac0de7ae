"""How the outbox stands: for the dashboard, the health endpoint and the back office."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min

from notifications.models import Lane, Message

_RECENT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel. `waiting` counts what is due and has not left, `planned` what is not due yet.

    `failed` and `uncertain` are of the last day; `rests_until` is set while its provider is away.
    """

    channel: str
    label: str
    waiting: int = 0
    planned: int = 0
    oldest_due_at: datetime | None = None
    failed: int = 0
    uncertain: int = 0
    rests_until: datetime | None = None
    reason: str = ""


def state(at: datetime) -> list[ChannelState]:
    """Every channel, in a fixed order. Four queries."""
    undelivered = Message.objects.filter(state__in=Message.UNDELIVERED)
    due = undelivered.filter(due_at__lte=at).order_by().values("channel")
    waiting: dict[str, dict[str, Any]] = {
        row["channel"]: dict(row) for row in due.annotate(number=Count("pk"), oldest=Min("due_at"))
    }
    planned = _counted(undelivered.filter(due_at__gt=at).order_by().values("channel"))
    ended = Message.objects.filter(
        state__in=(Message.State.FAILED, Message.State.UNCERTAIN), finished_at__gt=at - _RECENT
    )
    ends = _counted(ended.order_by().values("channel", "state"))
    lanes = {lane.channel: lane for lane in Lane.objects.all()}
    return [
        _channel_state(channel, waiting.get(channel.value, {}), planned, ends, lanes, at)
        for channel in Message.Channel
    ]


def _channel_state(
    channel: Message.Channel,
    due: dict[str, Any],
    planned: dict[tuple[str, ...], int],
    ends: dict[tuple[str, ...], int],
    lanes: dict[str, Lane],
    at: datetime,
) -> ChannelState:
    lane = lanes.get(channel.value)
    is_resting = lane is not None and lane.rests_until is not None and lane.rests_until > at
    return ChannelState(
        channel=channel.value,
        label=str(channel.label),
        waiting=due.get("number", 0),
        oldest_due_at=due.get("oldest"),
        planned=planned.get((channel.value,), 0),
        failed=ends.get((channel.value, Message.State.FAILED.value), 0),
        uncertain=ends.get((channel.value, Message.State.UNCERTAIN.value), 0),
        rests_until=lane.rests_until if lane is not None and is_resting else None,
        reason=lane.reason if lane is not None and is_resting else "",
    )


def _counted(query: Any) -> dict[tuple[str, ...], int]:
    rows = query.annotate(number=Count("pk"))
    return {
        tuple(str(row[name]) for name in row if name != "number"): row["number"] for row in rows
    }
