from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = _("Sales")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.selectors import rulebook
        from campaigns.services import mall_replays
        from members.selectors import personal_data
        from members.services import retention
        from points.selectors import belongings, explanations, labels, links
        from sales import receivers  # noqa: F401 - connects the receivers
        from sales.selectors import belongings as receipts_of_entries
        from sales.selectors import checkout_words, deduction_clauses, personal, slips
        from sales.services import erasure, preset_deductions
        from stores.selectors import labels as job_labels

        personal_data.register(*personal.SECTIONS, place=50)
        retention.register("import_rows", setting="import_days", forget=erasure.forget_old)

        mall_replays.register("deduct", preset_deductions.play)
        links.register(slips.links)
        rulebook.register("spending", deduction_clauses.spending, deduction_clauses.RENDERERS)
        rulebook.register("returns", deduction_clauses.returns, {})
        belongings.register(receipts_of_entries.parts)
        for kind, renderer in checkout_words.RENDERERS.items():
            explanations.register(kind, renderer)
        labels.register_sources(
            {
                "api": pgettext_lazy("source", "receipt, sent by the store"),
                "admin": pgettext_lazy("source", "receipt, entered by staff"),
                "import": pgettext_lazy("source", "receipt, imported from a file"),
                "demo": pgettext_lazy("source", "receipt of the demonstration"),
            }
        )
        labels.register_actors(
            {
                "import_receipts": pgettext_lazy("actor", "import on the command line"),
                "settle_waiting_returns": pgettext_lazy("actor", "system (waiting returns)"),
            }
        )
        job_labels.register_jobs(
            {
                "sales.run_import": _("Import a file of receipts"),
                "sales.settle_waiting_returns": _("Settle waiting returns"),
                "sales.repair_faults": _("Make good what broken rules owe"),
                "sales.time_out_checkouts": _("Close checkouts whose time is over"),
                "sales.forget_uploads": _("Delete uploaded files past their time"),
            }
        )
