"""Marks that every page uses."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, variant: str = "") -> SafeString:
    """A drawing from the sprite; decoration, so the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" icon--{variant}" if variant else "",
        static("img/icons.svg"),
        name,
    )
