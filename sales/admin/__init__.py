from sales.admin.imports import ImportIssueAdmin, ImportRunAdmin
from sales.admin.receipts import ReceiptAdmin

__all__ = ["ImportIssueAdmin", "ImportRunAdmin", "ReceiptAdmin"]
