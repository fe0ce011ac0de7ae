from django.urls import path

from campaigns.api import views

urlpatterns = [
    path("rules", views.RulesView.as_view(), name="rules"),
    path("rules/versions", views.VersionsView.as_view(), name="rules-versions"),
    path("rules/<str:edition>", views.EditionView.as_view(), name="rules-edition"),
    path("rules/<str:edition>/changes", views.ChangesView.as_view(), name="rules-changes"),
]
