"""Facts about levels for the apps above. Sent inside the transaction; receivers write rows."""

from django.dispatch import Signal

# Keyword arguments: changes: Sequence[StandingChange], at: datetime, is_live: bool. Levels of
# members that went up or down, with both levels and the reason; the rows are written. It is not
# live where purchases of long ago are taken in.
levels_changed = Signal()

# Keyword arguments: as above. Members who were warned that a level ends, or whose grace has begun.
levels_warned = Signal()
