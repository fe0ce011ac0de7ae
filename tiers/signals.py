"""Facts about levels for the apps above. Sent inside the transaction; receivers write rows."""

from django.dispatch import Signal

# Keyword arguments: changes: Sequence[StandingChange], at: datetime. Levels of members that
# went up or down, with both levels and the reason; the rows are written.
levels_changed = Signal()

# Keyword arguments: changes: Sequence[StandingChange], at: datetime. Members who were warned
# that a level ends, or whose grace has begun.
levels_warned = Signal()
