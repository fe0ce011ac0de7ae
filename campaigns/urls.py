from django.urls import path

from campaigns import views

app_name = "campaigns"

urlpatterns = [
    path("rules/", views.rules_page, name="rules"),
    path("rules/versions/", views.versions, name="rules-versions"),
    path("rules/<str:label>/", views.edition, name="rules-edition"),
    path("rules/<str:label>/changes/", views.changes, name="rules-changes"),
]
