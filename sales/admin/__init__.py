import sales.admin.faults  # noqa: F401 — what staff can do about a fault
from sales.admin.checkouts import CheckoutAdmin, CheckoutSettingsAdmin
from sales.admin.imports import ImportIssueAdmin, ImportRunAdmin
from sales.admin.receipts import ReceiptAdmin

__all__ = [
    "CheckoutAdmin",
    "CheckoutSettingsAdmin",
    "ImportIssueAdmin",
    "ImportRunAdmin",
    "ReceiptAdmin",
]
