from sales.models.checkout import Checkout, CheckoutSettings
from sales.models.import_run import ImportIssue, ImportRun
from sales.models.receipt import Receipt, ReceiptLine

__all__ = ["Checkout", "CheckoutSettings", "ImportIssue", "ImportRun", "Receipt", "ReceiptLine"]
