from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Rules and campaigns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.selectors import explanations as ours
        from points.selectors import explanations

        for kind, renderer in ours.RENDERERS.items():
            explanations.register(kind, renderer)
