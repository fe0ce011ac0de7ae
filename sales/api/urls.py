from django.urls import path

from sales.api import views

urlpatterns = [
    path("receipts", views.ReceiptsView.as_view(), name="receipts"),
    path("receipts/batch", views.ReceiptBatchView.as_view(), name="receipt-batch"),
    path("receipts/<path:number>", views.ReceiptView.as_view(), name="receipt"),
]
