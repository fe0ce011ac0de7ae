from django.urls import path

from tiers.api import views

urlpatterns = [
    path("tiers", views.LevelsView.as_view(), name="tiers"),
    path("me/tier", views.MyLevelView.as_view(), name="me-tier"),
]
