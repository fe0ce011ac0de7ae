"""Entries that levels make, as sentences."""

from typing import Any

from django.utils.translation import gettext as _

from tiers.selectors import ladder


def gift(data: dict[str, Any]) -> str:
    """Why a gift came. One query, for the level's name."""
    code = str(data.get("tier", ""))
    return _("For reaching the level %(level)s") % {"level": ladder.names([code]).get(code, code)}


def gift_back(data: dict[str, Any]) -> str:
    """Why a gift went."""
    return _("The purchase that reached the level was returned, and its gift with it")
