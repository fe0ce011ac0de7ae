"""Facts about people for the apps above. Sent inside the transaction; receivers write rows."""

from django.dispatch import Signal

# Keyword arguments: member_ids: Sequence[int], at: datetime. One or many, the same signal;
# it may name a member twice over time, so what a receiver does has to bear repetition.
members_registered = Signal()

# Keyword arguments: phone: str (E.164), code: str, language: str, at: datetime,
# expires_at: datetime. The only moment at which the code exists in the clear.
sign_in_code_issued = Signal()

# Keyword arguments: member_id: int, at: datetime. Name, gender and birthday are filled in; it
# may come again when a member empties one and fills it once more.
profile_completed = Signal()
