from django.urls import path

from sales.views import returns

app_name = "sales"

urlpatterns = [
    path("returns/", returns.returns, name="returns"),
    path("returns/<int:receipt_id>/", returns.slip, name="slip"),
]
