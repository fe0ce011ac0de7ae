from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    name = "insights"
    verbose_name = _("Insights")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from insights import receivers  # noqa: F401 - connects the receivers
        from insights.selectors import segment_words
        from members.selectors import segments
        from stores.selectors import labels

        segments.register_user(segment_words.list_users)
        labels.register_jobs(
            {
                "insights.run_backtest": _("Back-test a draft"),
                "insights.compute_rfm": _("RFM groups of the members"),
                "insights.refresh_segments": _("Members of the built segments"),
                "insights.record_liability": _("Record the points liability of month ends"),
            }
        )
