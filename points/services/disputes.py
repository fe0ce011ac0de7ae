"""「有疑问」: an entry is disputed in one tap, and answered by a correction or a reason (F82)."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Ticket
from members.services import ticket_desk, tickets
from members.services.tickets import Opened, Subject, Words
from points.exceptions import CorrectionWaiting, DisputeUnknown, EntryUnknown
from points.models import Adjustment, DisputeCorrection, Entry
from points.selectors import belongings
from points.selectors.disputes import SUBJECT
from points.selectors.statements import signed
from points.services import accounts, adjustments


def open_dispute(
    *,
    member_id: int,
    entry_id: int,
    at: datetime,
    text: str = "",
    photos: Sequence[bytes] = (),
    key: str = "",
) -> Opened:
    """Dispute an entry of the member's own, or find the dispute of it that is not closed.

    The ticket carries what belongs to the entry as it is now. Words are not needed. Raises
    `EntryUnknown` for another's entry, and what `tickets.open_dispute` raises; locks the
    member's row.
    """
    rows = Entry.objects.select_related("account", "store", "relates_to")
    entry = rows.filter(pk=entry_id, account__member_id=member_id).first()
    if entry is None:
        raise EntryUnknown
    subject = Subject(
        kind=SUBJECT,
        reference=str(entry.pk),
        freeze=lambda: belongings.snapshot(entry),
        title=f"{entry.get_kind_display()} {signed(entry.amount)}",
        store_id=entry.store_id,
    )
    words = Words(text.strip() or _("I have a question about this entry."), photos, key)
    return tickets.open_dispute(member_id=member_id, subject=subject, words=words, at=at)


def correct(
    *, ticket_id: int, points: int, text: str, key: str, staff: User, at: datetime
) -> DisputeCorrection:
    """Answer a dispute by adding or taking points; `text` is what the member reads.

    Booked at once up to the threshold of adjustments; above it the answer waits with the
    adjustment for a second person and goes out when that one approves. Again with the same
    `key` it gives the first one. Locks the staff's row, the account, then the ticket. Raises
    `DisputeUnknown`, `CorrectionWaiting` while another one waits, `TicketClosed`,
    `TicketTextInvalid` and what `adjustments.request` raises.
    """
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=staff.pk)
        member_id = Ticket.objects.values_list("member_id", flat=True).get(pk=ticket_id)
        accounts.lock([member_id], at=at)
        ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
        if ticket.subject_kind != SUBJECT:
            raise DisputeUnknown
        if again := _asked_before(ticket, key, points):
            return again
        _refuse_second(ticket)
        message = ticket_desk.prepare(ticket_id=ticket.pk, staff=staff, text=text, at=at)
        adjustment = adjustments.request(
            key=key,
            member_id=ticket.member_id,
            points=points,
            reason=Adjustment.Reason.CORRECTION,
            note=_("Dispute %(number)s") % {"number": ticket.grouped_number},
            requested_by=staff,
            at=at,
        )
        made = DisputeCorrection.objects.create(
            ticket=ticket, adjustment=adjustment, message=message
        )
        if adjustment.state == Adjustment.State.POSTED:
            _publish(made, adjustment, at=at)
    return made


def settle(*, adjustment: Adjustment, at: datetime) -> None:
    """After a second person's decision: send the answer of an approved correction.

    A rejected one leaves its answer unsent and the ticket waiting. Nothing for adjustments that
    came of no dispute.
    """
    made = DisputeCorrection.objects.filter(adjustment=adjustment).first()
    if made is not None and adjustment.state == Adjustment.State.POSTED:
        _publish(made, adjustment, at=at)


def _publish(made: DisputeCorrection, adjustment: Adjustment, *, at: datetime) -> None:
    carried = {"entry": int(adjustment.entry_id or 0), "points": adjustment.points}
    ticket_desk.publish(message_id=made.message_id, carried=carried, at=at)


def _asked_before(ticket: Ticket, key: str, points: int) -> DisputeCorrection | None:
    rows = DisputeCorrection.objects.filter(ticket=ticket, adjustment__key=key)
    return rows.filter(adjustment__points=points).first()


def _refuse_second(ticket: Ticket) -> None:
    waiting = DisputeCorrection.objects.filter(
        ticket=ticket, adjustment__state=Adjustment.State.WAITING
    )
    if waiting.exists():
        raise CorrectionWaiting
