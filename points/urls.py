from django.urls import path

from points import views

app_name = "points"

urlpatterns = [
    path("", views.home, name="home"),
    path("points/", views.entries, name="entries"),
    path("points/entries/<int:entry_id>/", views.entry, name="entry"),
    path("points/lots/", views.lots, name="lots"),
]
