"""The API as a whole: each app's part, the schema, and an answer for every other address."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.api import views

urlpatterns = [
    path("v1/", include(("stores.api.urls", "stores"), namespace="api-stores")),
    path("v1/", include(("members.api.urls", "members"), namespace="api-members")),
    path("v1/", include(("notifications.api.urls", "notifications"), namespace="api-notices")),
    path("v1/", include(("points.api.urls", "points"), namespace="api-points")),
    path("v1/", include(("tiers.api.urls", "tiers"), namespace="api-tiers")),
    path("v1/", include(("mall.api.urls", "mall"), namespace="api-mall")),
    path("v1/", include(("campaigns.api.urls", "campaigns"), namespace="api-campaigns")),
    path("v1/", include(("sales.api.urls", "sales"), namespace="api-sales")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="api_docs.html"),
        name="docs",
    ),
    re_path(r"", views.not_found),
]
