from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PointsConfig(AppConfig):
    name = "points"
    verbose_name = _("Points")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from members.selectors import consequences, look_up, personal_data
        from members.services import retention
        from points import receivers  # noqa: F401 - connects the receivers
        from points.selectors import explanations, health, losses, personal, till
        from points.services import reminders
        from points.services.openings import lots, uploads
        from stores.selectors import health as system_health
        from stores.selectors import labels

        look_up.register(till.PANEL)
        consequences.register(losses.told, hindrance=losses.hindrance)
        personal_data.register(*personal.SECTIONS, place=20)
        system_health.register(health.of_ledger)
        system_health.register(health.of_approvals)
        explanations.register("gift", explanations.words_of_a_gift)
        explanations.register("clearing", explanations.words_of_a_clearing)
        explanations.register("clearing_extended", explanations.words_of_a_clearing)
        explanations.register("clearing_undone", explanations.words_of_a_clearing)
        explanations.register(lots.SOURCE, lots.told)
        retention.register("expiry_notices", setting="notice_days", forget=reminders.forget_old)
        retention.register("opening_rows", setting="import_days", forget=uploads.forget_issues)
        labels.register_jobs(
            {
                "points.expire_lots": _("Book points that lapsed"),
                "points.remind_expiring": _("Remind members of points about to expire"),
                "points.tell_cleared": _("Tell members which points have expired"),
                "points.work_clearing": _("Work on a clearing"),
                "points.release_pending": _("Credit pending points"),
                "points.release_stale_holds": _("Release holds never finished"),
                "points.verify_ledger": _("Audit the ledger"),
                "points.run_opening_import": _("Import a file of members"),
                "points.forget_opening_uploads": _("Delete uploaded files of members"),
            }
        )
