from points.selectors.as_of import BalanceAsOf, TotalsAsOf, balance_as_of, totals_as_of
from points.selectors.balances import Balance, account_of, balance, ledger_settings
from points.selectors.entries import (
    Part,
    active_holds,
    entries,
    entry_by_reference,
    first,
    granted,
    lots,
    uses,
    with_validity,
)

__all__ = [
    "Balance",
    "BalanceAsOf",
    "Part",
    "TotalsAsOf",
    "account_of",
    "active_holds",
    "balance",
    "balance_as_of",
    "entries",
    "entry_by_reference",
    "first",
    "granted",
    "ledger_settings",
    "lots",
    "totals_as_of",
    "uses",
    "with_validity",
]
