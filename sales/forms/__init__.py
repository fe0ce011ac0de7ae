from sales.forms.checkouts import CheckoutSettingsForm
from sales.forms.receipts import LineFormSet, ReceiptForm, UploadForm, receipt_input

__all__ = [
    "CheckoutSettingsForm",
    "LineFormSet",
    "ReceiptForm",
    "UploadForm",
    "receipt_input",
]
