"""What points are called here: 积分, or a word of the merchant's own (星星)."""

from datetime import datetime

from django.utils.translation import get_language

from campaigns.models import EarningRuleVersion


def unit(at: datetime) -> str:
    """The merchant's word in the active language, of the version in force at `at`; "" for the
    usual one. One query."""
    row = (
        EarningRuleVersion.objects.published()
        .filter(starts_at__lte=at)
        .order_by("-starts_at", "-number")
        .values_list("unit_name", "unit_name_en")
        .first()
    )
    if row is None:
        return ""
    chinese, english = row
    return english if (get_language() or "").startswith("en") else chinese
