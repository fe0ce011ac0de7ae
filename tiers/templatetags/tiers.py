"""A member's level on pages of other apps."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from members.models import Member
from tiers.models import LevelBenefit
from tiers.selectors import benefits, pages
from tiers.services.climbing import day_of

register = template.Library()


@register.inclusion_tag("tiers/_meter.html")
def tier_meter(member: Member) -> dict[str, Any]:
    """The level and what is missing to the next; nothing while there are no levels.

    Three queries, one while there are no levels.
    """
    return {"mine": pages.mine(member.pk, on=day_of(timezone.now()))}


@register.filter
def as_growth(value: int | None, in_yuan: bool) -> str:
    """A growth figure with its unit: `¥1,280`, or `1,280 points`."""
    number = f"{value or 0:,}"
    if in_yuan:
        return gettext("¥%(amount)s") % {"amount": number}
    return ngettext("%(points)s point", "%(points)s points", value or 0) % {"points": number}


@register.filter
def at(values: Any, place: int) -> Any:
    """The value at this place."""
    return values[place]


@register.filter
def benefit_words(row: LevelBenefit) -> str:
    """A benefit in words for staff."""
    return benefits.wording(row)
