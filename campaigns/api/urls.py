from django.urls import path

from campaigns.api import events, views

urlpatterns = [
    path("events", events.EventsView.as_view(), name="events"),
    path("events/<path:external_id>/reverse", events.ReversalView.as_view(), name="event-reverse"),
    path("events/<path:external_id>", events.EventView.as_view(), name="event"),
    path("rules", views.RulesView.as_view(), name="rules"),
    path("rules/versions", views.VersionsView.as_view(), name="rules-versions"),
    path("rules/<str:edition>", views.EditionView.as_view(), name="rules-edition"),
    path("rules/<str:edition>/changes", views.ChangesView.as_view(), name="rules-changes"),
]
