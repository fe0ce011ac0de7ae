"""Figures of return slips, for members and on paper."""

from decimal import Decimal

from django import template

from campaigns.policies.numbers import plain
from points.selectors.statements import signed
from sales.selectors.checkout_words import money

register = template.Library()


@register.filter
def yuan(value: Decimal) -> str:
    """An amount: `¥1,234.50`."""
    return f"¥{money(value)}"


@register.filter
def signed_points(value: int) -> str:
    """A change of points: `+3,000`, `−70`, `0`."""
    return signed(value) if value else "0"


@register.filter
def minus_points(value: int) -> str:
    """Points that went off."""
    return signed(-value)


@register.filter
def plain_number(value: Decimal) -> str:
    """A quantity without zeros that say nothing."""
    return plain(value)
