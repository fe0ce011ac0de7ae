from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stores.selectors import labels

        labels.register_jobs(
            {
                "members.forget_codes": _("Delete old sign-in codes"),
                "members.forget_invitations": _("Delete old invitations of relatives and friends"),
                "members.tidy_merges": _("Carry over what came to merged members"),
            }
        )
