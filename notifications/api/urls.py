from django.urls import path

from notifications.api import views

urlpatterns = [
    path("me/notices", views.NoticesView.as_view(), name="me-notices"),
    path("me/notices/unread-count", views.UnreadView.as_view(), name="me-notices-unread"),
    path("me/notices/read", views.ReadView.as_view(), name="me-notices-read"),
    path(
        "me/notices/wechat-templates",
        views.SubscriptionsView.as_view(),
        name="me-notices-wechat-templates",
    ),
    path("me/notices/wechat-grants", views.GrantsView.as_view(), name="me-notices-wechat-grants"),
    path("me/notification-settings", views.SettingsView.as_view(), name="me-notification-settings"),
    path("me/email", views.EmailView.as_view(), name="me-email"),
    path("me/email/confirm", views.EmailConfirmView.as_view(), name="me-email-confirm"),
]
