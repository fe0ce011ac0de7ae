from insights.forms.backtests import BacktestForm

__all__ = ["BacktestForm"]
