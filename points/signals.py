"""What the ledger tells the apps above. Sent inside the transaction."""

from django.dispatch import Signal

# Keyword arguments: none. The merchant has saved the ledger's settings, perhaps with a change.
settings_changed = Signal()
