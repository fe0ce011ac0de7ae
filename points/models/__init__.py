from points.models.account import Account
from points.models.adjustment import Adjustment
from points.models.clearing import (
    ClearingPlan,
    ClearingRun,
    ClearingSettings,
    ClearingSkip,
    ExpiryNotice,
)
from points.models.dispute import DisputeCorrection
from points.models.entry import Entry
from points.models.gift import Gift, GiftSettings
from points.models.hold import Hold
from points.models.lot import Lot, LotUse
from points.models.merge import AccountMerge, LotMove
from points.models.opening import OpeningImport, OpeningIssue
from points.models.settings import LedgerSettings

__all__ = [
    "Account",
    "AccountMerge",
    "Adjustment",
    "ClearingPlan",
    "ClearingRun",
    "ClearingSettings",
    "ClearingSkip",
    "DisputeCorrection",
    "Entry",
    "ExpiryNotice",
    "Gift",
    "GiftSettings",
    "Hold",
    "LedgerSettings",
    "Lot",
    "LotMove",
    "LotUse",
    "OpeningImport",
    "OpeningIssue",
]
