from insights.models.backtest_run import BacktestRun

__all__ = ["BacktestRun"]
