from insights.models.backtest_run import BacktestRun
from insights.models.rfm import RfmRun, RfmScore, RfmSettings

__all__ = ["BacktestRun", "RfmRun", "RfmScore", "RfmSettings"]
