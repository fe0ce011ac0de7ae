from sales.models.import_run import ImportIssue, ImportRun
from sales.models.receipt import Receipt, ReceiptLine

__all__ = ["ImportIssue", "ImportRun", "Receipt", "ReceiptLine"]
