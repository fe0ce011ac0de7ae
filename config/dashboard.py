"""What the overview of the back office says first; the theme calls `callback`."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from stores.selectors import health


def callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add how the installation is, as far as this person may know it."""
    context["health"] = [
        fact
        for fact in health.facts(timezone.now())
        if not fact.permission or request.user.has_perm(fact.permission)
    ]
    return context
