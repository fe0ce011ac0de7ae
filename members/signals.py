"""Facts about people for the apps above. Sent inside the transaction; receivers write rows."""

from django.dispatch import Signal

# Keyword arguments: member_ids: Sequence[int], at: datetime. One or many, the same signal;
# it may name a member twice over time, so what a receiver does has to bear repetition. With
# are_new=False these people joined elsewhere long ago: they are not rewarded for joining.
members_registered = Signal()

# Keyword arguments: phone: str (E.164), code: str, language: str, at: datetime,
# expires_at: datetime. The only moment at which the code exists in the clear.
sign_in_code_issued = Signal()

# Keyword arguments: member_id: int, at: datetime. Name, gender and birthday are filled in; it
# may come again when a member empties one and fills it once more.
profile_completed = Signal()

# Keyword arguments: member_ids: Sequence[int], at: datetime. Sent before rows of these people
# change hands: receivers take the locks that come before a member's row, and do nothing else.
members_changing_hands = Signal()

# Keyword arguments: kept_id: int, gone_id: int, at: datetime, actor: str. Two rows were one
# person: each app moves its own rows from the one that goes to the one that is kept.
members_merged = Signal()

# Keyword arguments: member_id: int, at: datetime, actor: str, traces: policies.traces.Traces,
# is_forced: bool. Each app forgets what names this person and keeps what the books need; `traces`
# is all that names them, to be found and taken out of texts. It comes again within the hour,
# with empty traces, for what was on its way. An app may refuse unless `is_forced` (by staff).
member_erased = Signal()

# Keyword arguments: ticket: Ticket, at: datetime. A member asks, complains, suggests, disputes.
ticket_opened = Signal()

# Keyword arguments: ticket: Ticket, message: TicketMessage, at: datetime. The member has been
# written to.
ticket_answered = Signal()
