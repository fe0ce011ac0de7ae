from insights.models.backtest_run import BacktestRun
from insights.models.rfm import RfmRun, RfmScore, RfmSettings
from insights.models.settlement import StoreSettlement

__all__ = ["BacktestRun", "RfmRun", "RfmScore", "RfmSettings", "StoreSettlement"]
