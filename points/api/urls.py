from django.urls import path

from points.api import disputes, gifts, views

urlpatterns = [
    path("me/points", views.BalanceView.as_view(), name="me-points"),
    path("me/points/as-of", views.BalanceAsOfView.as_view(), name="me-points-as-of"),
    path("me/entries", views.EntriesView.as_view(), name="me-entries"),
    path("me/entries/<int:entry_id>", views.EntryView.as_view(), name="me-entry"),
    path("me/entries/<int:entry_id>/dispute", disputes.DisputeView.as_view(), name="me-dispute"),
    path("me/lots", views.LotsView.as_view(), name="me-lots"),
    path("me/expiry-calendar", views.CalendarView.as_view(), name="me-expiry-calendar"),
    path("me/gifts", gifts.GiftsView.as_view(), name="me-gifts"),
    path("me/gifts/allowance", gifts.AllowanceView.as_view(), name="me-gifts-allowance"),
]
