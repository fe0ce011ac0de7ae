from django.urls import path

from sales.api import checkouts, returns, views

urlpatterns = [
    path("checkouts/quote", checkouts.QuoteView.as_view(), name="checkout-quote"),
    path("checkouts", checkouts.CheckoutsView.as_view(), name="checkouts"),
    path(
        "checkouts/<path:number>/capture", checkouts.CaptureView.as_view(), name="checkout-capture"
    ),
    path(
        "checkouts/<path:number>/release", checkouts.ReleaseView.as_view(), name="checkout-release"
    ),
    path("checkouts/<path:number>", checkouts.CheckoutView.as_view(), name="checkout"),
    path("me/checkouts/quote", checkouts.MyQuoteView.as_view(), name="me-checkout-quote"),
    path("me/checkouts", checkouts.MyCheckoutsView.as_view(), name="me-checkouts"),
    path(
        "me/checkouts/<str:number>/release",
        checkouts.MyReleaseView.as_view(),
        name="me-checkout-release",
    ),
    path("me/checkouts/<str:number>", checkouts.MyCheckoutView.as_view(), name="me-checkout"),
    path("me/returns", returns.MyReturnsView.as_view(), name="me-returns"),
    path("me/returns/<int:receipt_id>", returns.MyReturnView.as_view(), name="me-return"),
    path("receipts", views.ReceiptsView.as_view(), name="receipts"),
    path("receipts/batch", views.ReceiptBatchView.as_view(), name="receipt-batch"),
    path("receipts/<path:number>", views.ReceiptView.as_view(), name="receipt"),
]
