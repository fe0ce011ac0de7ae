"""The merchant's own words, for every page."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from campaigns.selectors import words


def points_unit(request: HttpRequest) -> dict[str, object]:
    """What points are called, empty for the usual word; asked for only by pages that say it."""
    return {"points_unit": SimpleLazyObject(lambda: words.unit(timezone.now()))}
