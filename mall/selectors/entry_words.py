"""What the ledger's entries of orders say of themselves, in the reader's language."""

from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mall.models.shelves import in_language


def redemption(detail: dict[str, Any]) -> str:
    """ "Mug × 2, 100 points each, order 2611221234567890"."""
    name = in_language(detail["reward"], detail.get("reward_en", ""))
    parts = [
        _("%(reward)s × %(quantity)s, %(each)s points each")
        % {
            "reward": name,
            "quantity": number_format(detail["quantity"]),
            "each": number_format(detail["each"]),
        }
    ]
    if detail.get("why"):
        whys = {
            "level": _("the price of your level; otherwise %(usual)s"),
            "segment": _("a price for invited members; otherwise %(usual)s"),
            "time": _("a price for a limited time; otherwise %(usual)s"),
        }
        parts.append(whys[detail["why"]] % {"usual": number_format(detail["usual"])})
    if Decimal(detail.get("money") or 0):
        parts.append(_("and ¥%(money)s") % {"money": detail["money"]})
    parts.append(_("order %(number)s") % {"number": detail["number"]})
    return _(", ").join(parts)


def given_back(detail: dict[str, Any]) -> str:
    """ "Mug: points given back, order 2611221234567890"."""
    name = in_language(detail["reward"], detail.get("reward_en", ""))
    return _("%(reward)s: points of the order %(number)s given back") % {
        "reward": name,
        "number": detail["number"],
    }
