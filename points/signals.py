"""What the ledger tells the apps above. Sent inside the transaction."""

from django.dispatch import Signal

# Keyword arguments: at: datetime. The merchant has saved the ledger's settings, perhaps with a
# change.
settings_changed = Signal()

# Keyword arguments: adjustment: Adjustment, at: datetime. A second person has approved or
# rejected it.
adjustment_decided = Signal()
