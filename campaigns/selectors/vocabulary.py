"""The names that a rule may use: which stores, categories, tiers and tags there are.

What is not listed here is an open vocabulary (article numbers, channels, labels, brands): a till
may bring a new one tomorrow, so an unknown one is no mistake.
"""

from collections.abc import Callable, Mapping

from members import selectors
from members.selectors import segments
from stores.models import Category, Store
from tiers.selectors import ladder


def _stores() -> dict[str, str]:
    return dict(Store.objects.order_by("code").values_list("code", "name"))


def _categories() -> dict[str, str]:
    return dict(Category.objects.order_by("code").values_list("code", "name"))


def _tags() -> dict[str, str]:
    return {name: name for name in selectors.known_tags()}


def _tiers() -> dict[str, str]:
    return ladder.names()


CLOSED: Mapping[str, Callable[[], dict[str, str]]] = {
    "store": _stores,
    "category": _categories,
    "tag": _tags,
    "tier": _tiers,
    "segment": segments.known_segments,
}


class Known:
    """What exists, read once for each kind that is asked for."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, str]] = {}

    def values(self, kind: str) -> dict[str, str] | None:
        """Codes and names of this kind; None for an open vocabulary."""
        if kind not in CLOSED:
            return None
        if kind not in self._read:
            self._read[kind] = CLOSED[kind]()
        return self._read[kind]
