"""Why a receipt moved the points it moved, as a sentence."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns.selectors import explanations
from sales.exceptions import MESSAGES


def sentence(data: Mapping[str, Any]) -> str:
    """The explanation kept with a receipt, in the active language."""
    if not data:
        return ""
    if data["type"] == "waiting":
        return _("Waiting for receipt %(sale)s, which has not come yet") % {"sale": data["sale"]}
    return explanations.sentence(data)


def fault(code: str) -> str:
    """Why a return does not fit its sale; empty when it does."""
    if not code:
        return ""
    # Faults kept with a receipt have no figures: what is left of a sale changes.
    return str(MESSAGES.get(code, code)).partition(":")[0]
