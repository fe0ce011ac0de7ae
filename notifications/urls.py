from django.urls import path

from notifications.views import hooks, inbox, settings

app_name = "notifications"

urlpatterns = [
    path("hooks/sms/<str:secret>", hooks.sms_reports, name="sms-reports"),
    path("me/messages/", inbox.overview, name="inbox"),
    path("announcements/<int:announcement_id>/", inbox.announcement, name="announcement"),
    path("me/messages/read/", inbox.read_all, name="read-all"),
    path("me/messages/settings/", settings.overview, name="settings"),
    path("me/messages/settings/marketing/", settings.marketing, name="marketing"),
    path("me/messages/settings/email/", settings.email, name="email"),
    path("me/messages/settings/email/confirm/", settings.confirm_email, name="email-confirm"),
    path("me/messages/settings/email/remove/", settings.remove_email, name="email-remove"),
    path("me/messages/<int:notice_id>/", inbox.notice, name="notice"),
]
