from insights.admin.backtests import BacktestRunAdmin
from insights.admin.liability import LiabilityAdmin, LiabilitySettingsAdmin
from insights.admin.rfm import RfmRunAdmin
from insights.admin.segments import SegmentAdmin
from insights.admin.settlement import StoreSettlementAdmin

__all__ = [
    "BacktestRunAdmin",
    "LiabilityAdmin",
    "LiabilitySettingsAdmin",
    "RfmRunAdmin",
    "SegmentAdmin",
    "StoreSettlementAdmin",
]
