from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MallConfig(AppConfig):
    name = "mall"
    verbose_name = _("Points mall")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mall import receivers  # noqa: F401 - connects the receivers
        from mall.selectors import (
            coupon_personal,
            coupons,
            entry_words,
            level_benefits,
            personal,
            segment_uses,
        )
        from mall.services import keeping
        from members.selectors import consequences, personal_data, segments
        from members.services import retention
        from points.selectors import explanations
        from points.selectors import labels as ledger_labels
        from stores.selectors import labels

        explanations.register("redemption", entry_words.redemption)
        explanations.register("redemption_back", entry_words.given_back)
        consequences.register(personal.lost, hindrance=personal.hindrance)
        personal_data.register(*personal.SECTIONS, *coupon_personal.SECTIONS, place=35)
        consequences.register(coupon_personal.lost)
        retention.register(
            "mall.addresses", setting="delivery_days", forget=keeping.forget_addresses
        )
        labels.register_jobs(
            {
                "mall.tend_coupons": _("Tend coupons"),
                "mall.give_monthly_coupons": _("Give the coupons of the month"),
                "mall.tell_ending_coupons": _("Tell of coupons that end soon"),
                "mall.tend_orders": _("Tend orders of the mall"),
                "mall.tend_payments": _("Tend payments"),
                "mall.count_popularity": _("Count what is popular"),
            }
        )
        level_benefits.register()
        segments.register_user(coupons.uses_of_segment)
        segments.register_user(segment_uses.uses_of_segment)
        ledger_labels.register_actors(
            {
                "monthly_coupons": pgettext_lazy("actor", "system (coupons of the month)"),
                "time": pgettext_lazy("actor", "system (its time was over)"),
            }
        )
