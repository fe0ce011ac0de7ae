"""Which live rules ask for a segment."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.selectors import rules


def uses_of(code: str, at: datetime) -> list[str]:
    """The rules of the version in force at `at` and of those to come that name the segment."""
    live = rules.in_force(at)
    versions = EarningRuleVersion.objects.published().filter(
        Q(pk=live.pk if live is not None else None) | Q(starts_at__gt=at)
    )
    asked = EarningRule.objects.filter(version__in=versions).select_related("version")
    return [
        _("rule “%(rule)s” of “%(version)s”") % {"rule": rule.name, "version": rule.version}
        for rule in asked.order_by("version_id", "position", "pk")
        if any(
            one.get("kind") == "segment" and code in one.get("in", ()) for one in rule.conditions
        )
    ]
