from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    name = "members"
    verbose_name = _("Members")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from members.selectors import own_data, personal_data
        from stores.selectors import labels

        personal_data.register(*own_data.SECTIONS, place=10)

        labels.register_jobs(
            {
                "members.forget_codes": _("Delete old sign-in codes"),
                "members.forget_invitations": _("Delete old invitations of relatives and friends"),
                "members.tidy_merges": _("Carry over what came to merged members"),
                "members.tidy_erasures": _("Forget what came to erased members"),
                "members.forget_personal_data": _("Delete personal data past their time"),
            }
        )
