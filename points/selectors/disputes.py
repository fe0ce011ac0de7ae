"""Disputes of entries as pages show them: which ticket, where it stands, what it led to."""

from dataclasses import dataclass

from members.models import Ticket
from points.models import Account, DisputeCorrection, Entry

SUBJECT = "entry"


@dataclass(frozen=True, slots=True)
class Dispute:
    """The newest ticket about an entry, and the entries that corrected it."""

    ticket: Ticket
    correction_ids: list[int]


def of_entry(entry: Entry) -> Dispute | None:
    """Two queries where there is one, else one."""
    rows = Ticket.objects.filter(subject_kind=SUBJECT, subject_reference=str(entry.pk))
    ticket = rows.order_by("-pk").first()
    if ticket is None:
        return None
    booked = DisputeCorrection.objects.filter(ticket=ticket, adjustment__entry__isnull=False)
    ids = booked.order_by("pk").values_list("adjustment__entry_id", flat=True)
    return Dispute(ticket, list(ids))


def answered_by(entry: Entry) -> Ticket | None:
    """The ticket whose answer this entry is; no query for entries that are no adjustments."""
    if entry.kind != Entry.Kind.ADJUST:
        return None
    found = (
        DisputeCorrection.objects.filter(adjustment__entry_id=entry.pk)
        .select_related("ticket")
        .first()
    )
    return found.ticket if found else None


def entry_of(ticket: Ticket) -> Entry | None:
    """The disputed entry, with its account, member and store."""
    if ticket.subject_kind != SUBJECT or not ticket.subject_reference.isdecimal():
        return None
    rows = Entry.objects.select_related("account__member", "store", "relates_to")
    return rows.filter(pk=int(ticket.subject_reference)).first()


def own_entry_id(ticket: Ticket) -> int | None:
    """The disputed entry where it is in the account of the ticket's member today."""
    if ticket.subject_kind != SUBJECT or not ticket.subject_reference.isdecimal():
        return None
    mine = Account.objects.filter(member_id=ticket.member_id).values("pk")
    rows = Entry.objects.filter(pk=int(ticket.subject_reference), account_id__in=mine)
    return rows.values_list("pk", flat=True).first()


def corrections(ticket: Ticket) -> list[DisputeCorrection]:
    """All that was asked for from this ticket, the oldest first."""
    rows = DisputeCorrection.objects.filter(ticket=ticket).select_related(
        "adjustment__requested_by", "adjustment__decided_by"
    )
    return list(rows.order_by("pk"))
