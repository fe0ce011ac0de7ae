from points.admin.accounts import AccountAdmin
from points.admin.adjustments import AdjustmentAdmin
from points.admin.ledger import ClearingRunAdmin, EntryAdmin, HoldAdmin, LotAdmin
from points.admin.settings import LedgerSettingsAdmin

__all__ = [
    "AccountAdmin",
    "AdjustmentAdmin",
    "ClearingRunAdmin",
    "EntryAdmin",
    "HoldAdmin",
    "LedgerSettingsAdmin",
    "LotAdmin",
]
