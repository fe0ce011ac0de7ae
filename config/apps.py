from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The composition root; an app only so that its management commands are found."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401 — importing registers them
        from config.schedule import JOBS, LABELS
        from stores.selectors import jobs, labels

        jobs.register(JOBS)
        labels.register_jobs(LABELS)
