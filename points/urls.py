from django.urls import path

from points.views import disputes, gifts, ledger

app_name = "points"

urlpatterns = [
    path("", ledger.home, name="home"),
    path("points/", ledger.entries, name="entries"),
    path("points/entries/<int:entry_id>/", ledger.entry, name="entry"),
    path("points/entries/<int:entry_id>/dispute/", disputes.open_dispute, name="dispute"),
    path("points/held/", ledger.held, name="held"),
    path("points/lots/", ledger.lots, name="lots"),
    path("points/expiring/", ledger.expiring, name="expiring"),
    path("points/gifts/", gifts.overview, name="gifts"),
    path("points/gifts/<int:relation_id>/", gifts.give, name="give"),
]
