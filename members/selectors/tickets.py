"""Tickets to read: a member's own, a thread, and how long answers take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Prefetch, QuerySet

from members.models import Ticket, TicketMessage, TicketPhoto

_MEASURED = timedelta(days=30)
_ENOUGH = 5
_USUALLY = 80  # per cent
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """How the desk does: what waits, what waits too long, and the last 30 days' first answers."""

    open: int
    overdue: int
    answered: int
    median_hours: float | None


def own(member_id: int) -> QuerySet[Ticket]:
    """The member's tickets, the newest first."""
    return Ticket.objects.of(member_id).order_by("-pk")


def thread(ticket: Ticket, *, is_staff: bool) -> list[TicketMessage]:
    """The ticket's lines in their order, with photos; those among staff only for staff.

    Two queries. A member's part is bounded by the service.
    """
    rows = TicketMessage.objects.filter(ticket=ticket).select_related("staff")
    if not is_staff:
        rows = rows.filter(is_internal=False)
    photos = Prefetch("photos", TicketPhoto.objects.order_by("pk"))
    return list(rows.order_by("at", "pk").prefetch_related(photos))


def photo(ticket: Ticket, photo_id: int, *, is_staff: bool) -> TicketPhoto | None:
    rows = TicketPhoto.objects.filter(message__ticket=ticket, pk=photo_id)
    return rows.first() if is_staff else rows.filter(message__is_internal=False).first()


def figures(now: datetime) -> Figures:
    """For the head of the staff's list. Four queries, each along an index."""
    waiting = Ticket.objects.filter(state=Ticket.State.OPEN)
    durations = _first_answers(now)
    count = durations.count()
    middle = list(durations[(count - 1) // 2 : count // 2 + 1]) if count else []
    return Figures(
        open=waiting.count(),
        overdue=Ticket.objects.overdue(now).count(),
        answered=count,
        median_hours=_hours(middle) if middle else None,
    )


def usual_hours(now: datetime) -> int | None:
    """Within how many hours four of five tickets were first answered in the last 30 days.

    Rounded up. None while there are too few to say anything.
    """
    durations = _first_answers(now)
    count = durations.count()
    if count < _ENOUGH:
        return None
    place = -(-count * _USUALLY // 100) - 1
    return max(1, -(-durations[place] // _HOUR))


def _first_answers(now: datetime) -> QuerySet[Ticket, timedelta]:
    took = ExpressionWrapper(F("first_answered_at") - F("opened_at"), DurationField())
    rows = Ticket.objects.filter(first_answered_at__gt=now - _MEASURED)
    return rows.annotate(took=took).order_by("took").values_list("took", flat=True)


def _hours(durations: Sequence[timedelta]) -> float:
    return round(sum(durations, timedelta()) / len(durations) / _HOUR, 1)
