from insights.models.backtest_run import BacktestRun
from insights.models.liability import LiabilitySettings, LiabilityShare, LiabilitySnapshot
from insights.models.rfm import RfmRun, RfmScore, RfmSettings
from insights.models.settlement import StoreSettlement

__all__ = [
    "BacktestRun",
    "LiabilitySettings",
    "LiabilityShare",
    "LiabilitySnapshot",
    "RfmRun",
    "RfmScore",
    "RfmSettings",
    "StoreSettlement",
]
