from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from members.services import retention
        from notifications import receivers  # noqa: F401 — importing connects them
        from notifications.services import forgetting

        retention.register("messages", setting="message_days", forget=forgetting.forget_old)
