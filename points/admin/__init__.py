from points.admin.accounts import AccountAdmin
from points.admin.adjustments import AdjustmentAdmin
from points.admin.gifts import GiftAdmin
from points.admin.ledger import ClearingRunAdmin, EntryAdmin, HoldAdmin, LotAdmin
from points.admin.settings import GiftSettingsAdmin, LedgerSettingsAdmin

__all__ = [
    "AccountAdmin",
    "AdjustmentAdmin",
    "ClearingRunAdmin",
    "EntryAdmin",
    "GiftAdmin",
    "GiftSettingsAdmin",
    "HoldAdmin",
    "LedgerSettingsAdmin",
    "LotAdmin",
]
