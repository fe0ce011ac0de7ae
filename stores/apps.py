from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    name = "stores"
    verbose_name = _("Stores")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stores.selectors import labels

        labels.register_jobs({"stores.forget_job_runs": _("Delete old records of jobs")})
