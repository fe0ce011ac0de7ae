from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    name = "stores"
    verbose_name = _("Stores")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stores.selectors import health, labels

        health.register(health.of_jobs)
        labels.register_jobs(
            {
                "stores.start_asked": _("Start the jobs that people asked for"),
                "stores.catch_up": _("Make up for jobs that were missed"),
                "stores.forget_job_runs": _("Delete old records of jobs"),
            }
        )
