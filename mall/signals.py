"""Facts about the mall for the apps above. Sent inside the transaction; receivers write rows."""

from django.dispatch import Signal

# Keyword arguments: redemption: Redemption, state: str, actor: str, at: datetime. An order came
# into a state, its first one included.
redemption_moved = Signal()

# Keyword arguments: redemption_return: RedemptionReturn, at: datetime. A member asks to send
# something back, or it was decided.
return_moved = Signal()
