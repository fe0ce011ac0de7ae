from django.urls import path

from tiers import views

app_name = "tiers"

urlpatterns = [
    path("level/", views.mine, name="mine"),
]
