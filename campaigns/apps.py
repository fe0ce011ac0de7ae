from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Rules and campaigns")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns import receivers  # noqa: F401 - connects the receivers
        from campaigns.models import EarningRule
        from campaigns.policies.events import EVENT_TRIGGERS
        from campaigns.selectors import belongings as rules_of_entries
        from campaigns.selectors import explanations as ours
        from campaigns.selectors import (
            mall_clauses,
            personal,
            rulebook,
            segment_uses,
            tier_benefits,
            whys,
        )
        from members.selectors import personal_data, segments
        from points.selectors import belongings, explanations
        from points.selectors import labels as entry_labels
        from stores.selectors import labels
        from tiers.selectors import benefits

        for kind, renderer in ours.RENDERERS.items():
            explanations.register(kind, renderer)
        for kind in whys.JUDGED:
            explanations.register_reasons(kind, whys.rows)
            explanations.register_shown(kind, whys.of_member)
        rulebook.register("spending", mall_clauses.spending, mall_clauses.RENDERERS)
        rulebook.register("returns", mall_clauses.returns, {})
        personal_data.register(*personal.SECTIONS, place=40)
        belongings.register(rules_of_entries.parts)
        belongings.register_check(rules_of_entries.checked)
        segments.register_user(segment_uses.uses_of)
        benefits.register_teller(tier_benefits.told, links=tier_benefits.links)
        triggers = dict(EarningRule.Trigger.choices)
        entry_labels.register_sources({name: triggers[name] for name in EVENT_TRIGGERS})
        labels.register_jobs(
            {
                "campaigns.judge_due_events": _("Judge acts that wait"),
                "campaigns.record_editions": _("Keep what the rules page says"),
                "campaigns.reward_birthdays": _("Birthday points"),
                "campaigns.verify_rules": _("Compute every entry again"),
            }
        )
