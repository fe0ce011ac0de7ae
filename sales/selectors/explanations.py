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
    if data["type"] == "disputed":
        message = str(MESSAGES[data["fault"]])
        reason = message % data["params"] if data["params"] else message
        return _("Does not fit its sale: %(reason)s") % {"reason": reason}
    return explanations.sentence(data)
