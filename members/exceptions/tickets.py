"""What tickets can be refused for."""

from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class TicketUnknown(Refusal):
    code = "ticket_unknown"
    message = _("There is no such ticket.")
    field = "number"


class TicketKindUnknown(Refusal):
    code = "ticket_kind_unknown"
    message = _("Please choose question, complaint or suggestion.")
    field = "kind"


class TicketTextInvalid(Refusal):
    code = "ticket_text_invalid"
    message = _("Please write 1 to %(limit)s characters, without control characters.")
    field = "text"


class TicketsFull(Refusal):
    code = "tickets_full"
    message = _(
        "You have %(limit)s unfinished tickets. Add to one of them, or close what is settled."
    )


class TicketMessagesTooMany(Refusal):
    code = "ticket_messages_too_many"
    message = _("You can write %(limit)s messages an hour. Please come back a little later.")


class TicketFull(Refusal):
    code = "ticket_full"
    message = _("A ticket has at most %(limit)s messages. Please open a new one.")


class TicketPhotosTooMany(Refusal):
    code = "ticket_photos_too_many"
    message = _("A message has at most %(limit)s photos.")
    field = "photos"


class TicketKeyConflict(Refusal):
    code = "ticket_key_conflict"
    message = _("This form was already sent with other words. Please open it anew.")
    field = "key"


class TicketClosed(Refusal):
    code = "ticket_closed"
    message = _("This ticket is closed. Reopen it to go on.")


class TicketSubjectOpen(Refusal):
    code = "ticket_subject_open"
    message = _("A newer ticket about the same matter is not closed. Please go on there.")


class TicketUnanswered(Refusal):
    code = "ticket_unanswered"
    message = _("Please answer before you close it.")


class TicketAssigneeInvalid(Refusal):
    code = "ticket_assignee_invalid"
    message = _("This person may not answer tickets.")
    field = "to"


class TicketStoreUnknown(Refusal):
    code = "ticket_store_unknown"
    message = _("There is no such store.")
    field = "store"
