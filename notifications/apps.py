from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from members.selectors import personal_data
        from members.services import retention
        from notifications import receivers  # noqa: F401 — importing connects them
        from notifications.selectors import health, personal
        from notifications.services import forgetting, keeping
        from stores.selectors import health as system_health
        from stores.selectors import labels

        system_health.register(health.of_outbox)
        retention.register("messages", setting="message_days", forget=forgetting.forget_old)
        retention.register("notices", setting="notice_days", forget=keeping.forget_old)
        personal_data.register(*personal.SECTIONS, place=60)
        labels.register_jobs({"notifications.send_announcements": _("Send announcements")})
