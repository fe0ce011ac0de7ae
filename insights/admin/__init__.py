from insights.admin.backtests import BacktestRunAdmin

__all__ = ["BacktestRunAdmin"]
