"""Tickets as the staff work on them: answer, note, assign, close, reopen.

Each names who did it and when. All of them lock the ticket's row and nothing before it, so an
app above may hold its own locks when it calls.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from members import exceptions, signals
from members.models import Ticket, TicketMessage
from members.services import tickets

PERMISSION = "members.answer_ticket"


def answer(*, ticket_id: int, staff: User, text: str, at: datetime) -> TicketMessage:
    """Write to the member, who has the next word. Tells `ticket_answered`.

    The first answer stops the clock of the time to answer. Raises `TicketClosed`,
    `TicketTextInvalid`.
    """
    words = tickets.checked(text, field="text", limit=tickets.TEXT_LENGTH)
    with transaction.atomic():
        ticket = _open(ticket_id)
        message = tickets.record(
            ticket, act=TicketMessage.Act.WROTE, text=words, staff_id=staff.pk, at=at
        )
        _answered(ticket, message, at=at)
    return message


def prepare(*, ticket_id: int, staff: User, text: str, at: datetime) -> TicketMessage:
    """An answer that the member does not see yet: something it promises has to happen first.

    `publish` sends it. Raises `TicketClosed`, `TicketTextInvalid`.
    """
    words = tickets.checked(text, field="text", limit=tickets.TEXT_LENGTH)
    with transaction.atomic():
        return tickets.record(
            _open(ticket_id),
            act=TicketMessage.Act.WROTE,
            text=words,
            staff_id=staff.pk,
            at=at,
            is_internal=True,
        )


def publish(*, message_id: int, carried: dict[str, int], at: datetime) -> Ticket:
    """Send an answer that was prepared, with what came of it; also on a ticket that was closed
    meanwhile: what has happened has to be told. Tells `ticket_answered`."""
    with transaction.atomic():
        message = TicketMessage.objects.get(pk=message_id)
        ticket = _locked(message.ticket_id)
        message.is_internal, message.at, message.carried = False, at, carried
        message.save(update_fields=["is_internal", "at", "carried"])
        _answered(ticket, message, at=at)
    return ticket


def note(*, ticket_id: int, staff: User, text: str, at: datetime) -> TicketMessage:
    """A word among staff; the member never sees it. Raises `TicketTextInvalid`."""
    words = tickets.checked(text, field="text", limit=tickets.TEXT_LENGTH)
    with transaction.atomic():
        return tickets.record(
            _locked(ticket_id),
            act=TicketMessage.Act.NOTED,
            text=words,
            staff_id=staff.pk,
            at=at,
            is_internal=True,
        )


def assign(*, ticket_id: int, staff: User, to: User | None, at: datetime) -> Ticket:
    """Hand the ticket to one of the staff who may answer, or to nobody.

    Raises `TicketAssigneeInvalid` for somebody who may not.
    """
    if to is not None and not (to.is_active and to.has_perm(PERMISSION)):
        raise exceptions.TicketAssigneeInvalid
    with transaction.atomic():
        ticket = _locked(ticket_id)
        ticket.assigned_to = to
        ticket.save(update_fields=["assigned_to"])
        tickets.record(
            ticket,
            act=TicketMessage.Act.ASSIGNED,
            text=to.get_username() if to else "",
            staff_id=staff.pk,
            at=at,
            is_internal=True,
        )
    return ticket


def close(*, ticket_id: int, staff: User, at: datetime) -> Ticket:
    """End it; the member can reopen it. Raises `TicketUnanswered`: nobody is closed in silence."""
    with transaction.atomic():
        ticket = _locked(ticket_id)
        if ticket.state == Ticket.State.OPEN:
            raise exceptions.TicketUnanswered
        if not ticket.is_closed:
            tickets.finish(ticket, at=at)
            tickets.record(ticket, act=TicketMessage.Act.CLOSED, staff_id=staff.pk, at=at)
    return ticket


def reopen(*, ticket_id: int, staff: User, at: datetime) -> Ticket:
    """Take it up again. Raises `TicketSubjectOpen`; nothing happens to one that is not closed."""
    with transaction.atomic():
        ticket = _locked(ticket_id)
        if ticket.is_closed:
            tickets.resume(ticket, at=at)
            tickets.record(ticket, act=TicketMessage.Act.REOPENED, staff_id=staff.pk, at=at)
    return ticket


def _locked(ticket_id: int) -> Ticket:
    return Ticket.objects.select_for_update().get(pk=ticket_id)


def _open(ticket_id: int) -> Ticket:
    ticket = _locked(ticket_id)
    if ticket.is_closed:
        raise exceptions.TicketClosed
    return ticket


def _answered(ticket: Ticket, message: TicketMessage, *, at: datetime) -> None:
    if not ticket.is_closed:
        ticket.state = Ticket.State.ANSWERED
    ticket.due_at = None
    ticket.first_answered_at = ticket.first_answered_at or at
    ticket.save(update_fields=["state", "due_at", "first_answered_at"])
    signals.ticket_answered.send(sender=Ticket, ticket=ticket, message=message, at=at)
