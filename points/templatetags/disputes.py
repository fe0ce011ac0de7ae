"""Disputes on the pages of tickets and entries."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext as _

from members.models import Ticket, TicketMessage
from members.selectors.carried import Part, parts_of
from points.models import Entry
from points.selectors import belongings, disputes
from points.selectors.statements import signed

register = template.Library()


@register.simple_tag
def carried_parts(ticket: Ticket) -> list[Part]:
    """What the ticket carries of its entry, in the reader's language."""
    return parts_of(ticket)


@register.simple_tag
def disputed_entry(ticket: Ticket) -> int | None:
    """The entry that the ticket is about, where its member can open it."""
    return disputes.own_entry_id(ticket)


@register.simple_tag
def correction_text(message: TicketMessage) -> str:
    """`Corrected: +40 points`."""
    points = int(message.carried.get("points", 0))
    return _("Corrected: %(points)s points") % {"points": signed(points)}


@register.inclusion_tag("points/_dispute.html", takes_context=True)
def dispute_of(context: Context, entry: Entry) -> dict[str, Any]:
    """On an entry's page: where its dispute stands, or the button that opens one."""
    return {
        "entry": entry,
        "dispute": disputes.of_entry(entry),
        "answers_ticket": disputes.answered_by(entry),
        "refused": context.get("dispute_refused", ""),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("admin/points/dispute_desk.html", takes_context=True)
def dispute_desk(context: Context, ticket: Ticket) -> dict[str, Any]:
    """For staff: the entry as it is now, computed again, and the corrections so far."""
    entry = disputes.entry_of(ticket)
    if entry is None:
        return {}
    user = context["request"].user
    return {
        "ticket": ticket,
        "entry": entry,
        "checks": belongings.checked_again(entry),
        "corrections": disputes.corrections(ticket),
        "may_correct": not ticket.is_closed
        and user.has_perms(["points.add_adjustment", "members.answer_ticket"]),
        "may_see_entry": user.has_perm("points.view_entry"),
        "may_see_adjustments": user.has_perm("points.view_adjustment"),
    }
