"""What members are told of the facts below: joining, and answers to their enquiries."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from members.models import Member, Ticket, TicketMessage
from notifications.models import Notice
from notifications.services import noting
from notifications.services.telling import Fact

_EXCERPT = 120


def welcome(member_ids: Sequence[int], *, at: datetime) -> None:
    """Greet who has just joined. Who came with a file of the shop's did not join today."""
    joined = Member.objects.filter(pk__in=member_ids).exclude(source=Member.Source.IMPORT)
    facts = [
        Fact(
            member_id=member.pk,
            kind=Notice.Kind.REGISTRATION,
            reference="registration",
            context={"number": member.grouped_number, "name": member.name},
            link=reverse("points:home"),
        )
        for member in joined.order_by("pk")
    ]
    noting.note(facts, at=at)


def answered(ticket: Ticket, message: TicketMessage, *, at: datetime) -> None:
    """The shop has written to the member: the beginning of it, and the way to the rest."""
    text = " ".join(message.text.split())
    fact = Fact(
        member_id=ticket.member_id,
        kind=Notice.Kind.TICKET,
        event="answered",
        reference=f"ticket:{message.pk}",
        context={
            "number": ticket.grouped_number,
            "title": ticket.subject,
            "text": text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…",
        },
        link=reverse("members:ticket", args=[ticket.number]),
    )
    noting.note([fact], at=at)
