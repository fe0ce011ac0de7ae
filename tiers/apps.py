from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TiersConfig(AppConfig):
    name = "tiers"
    verbose_name = _("Levels")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from members.selectors import consequences, look_up, personal_data
        from points.selectors import clearings, explanations, labels
        from stores.selectors import labels as job_labels
        from tiers import receivers  # noqa: F401 - connects the receivers
        from tiers.selectors import ladder, personal, standings, till, told

        look_up.register(till.PANEL)
        consequences.register(personal.lost)
        clearings.register_group("level", _("By level"), standings.codes_of, ladder.names)
        personal_data.register(*personal.SECTIONS, place=30)
        labels.register_sources({"tier_gift": pgettext_lazy("source", "upgrade gift")})
        labels.register_actors({"reevaluate_tiers": pgettext_lazy("actor", "system (levels)")})
        job_labels.register_jobs({"tiers.reevaluate": _("Decide levels that are due")})
        explanations.register("tier_gift", told.gift)
        explanations.register("tier_gift_back", told.gift_back)
