from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("favicon.ico", views.favicon),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("config.api.urls")),
    path("", include("members.urls")),
    path("", include("notifications.urls")),
    path("", include("points.urls")),
    path("", include("tiers.urls")),
    path("", include("mall.urls")),
    path("", include("campaigns.urls")),
    path("", include("sales.urls")),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.page_not_found"
handler500 = "config.views.server_error"
