"""Entries as sentences: one renderer for members, staff and the API (F82).

An explanation is data with a "type". An app above the ledger registers the renderer of its own
types when it starts; the ledger's own kinds are told here.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from points.models import Entry

Renderer = Callable[[dict[str, Any]], str]

_renderers: dict[str, Renderer] = {}
# Name, points and reason of each thing that had a say; for members.
Reasons = Callable[[dict[str, Any]], list[tuple[str, int, str]]]
_reasons: dict[str, Reasons] = {}


# What of an explanation's data its member may read; an explanation of another type whole.
Shown = Callable[[dict[str, Any]], dict[str, Any]]
_shown: dict[str, Shown] = {}


def register_shown(kind: str, shown: Shown) -> None:
    """Let `shown` leave out of explanations of this type what is not for their member."""
    _shown[kind] = shown


def data(entry: Entry) -> dict[str, Any]:
    """The entry's explanation as data, as far as its member may read it."""
    detail: dict[str, Any] = entry.explanation or {}
    shown = _shown.get(str(detail.get("type", "")))
    return shown(detail) if shown else detail


def register(kind: str, renderer: Renderer) -> None:
    """Let `renderer` tell explanations whose "type" is `kind`, in the active language."""
    _renderers[kind] = renderer


def register_reasons(kind: str, teller: Reasons) -> None:
    """Let `teller` say one by one why an explanation of this type came out as it did."""
    _reasons[kind] = teller


def reasons(entry: Entry) -> list[tuple[str, int, str]]:
    """Why an entry has this many points, rule by rule: name, points, sentence. Often empty."""
    detail: dict[str, Any] = entry.explanation or {}
    teller = _reasons.get(str(detail.get("type", "")))
    return teller(detail) if teller else []


def words_of_a_gift(detail: dict[str, Any]) -> str:
    """What the giver wrote, in quotation marks."""
    words = detail.get("words")
    return _("“%(words)s”") % {"words": words} if words else ""


def words_of_a_clearing(detail: dict[str, Any]) -> str:
    """Which clearing of the shop's took the points, or gave them back."""
    if detail.get("type") == "clearing_undone":
        return _("The shop has undone “%(name)s”") % {"name": detail["name"]}
    if detail.get("type") == "clearing_extended":
        return _("“%(name)s” gives you more time") % {"name": detail["name"]}
    return _("Cleared with “%(name)s”") % {"name": detail["name"]}


def render(entry: Entry) -> str:
    """The entry's explanation as a sentence in the active language; empty when it says all."""
    detail: dict[str, Any] = entry.explanation or {}
    renderer = _renderers.get(str(detail.get("type", "")))
    parts = [renderer(detail)] if renderer else []
    if not renderer and detail.get("reason"):
        parts.append(_("Reason: %(reason)s") % {"reason": detail["reason"]})
    parts += _ledger_parts(entry, detail)
    return _("; ").join(part for part in parts if part)


def _ledger_parts(entry: Entry, detail: dict[str, Any]) -> list[str]:
    parts = []
    if entry.d_debt < 0:
        paid = -entry.d_debt
        parts.append(
            ngettext(
                "%(points)s point paid the debt first",
                "%(points)s points paid the debt first",
                paid,
            )
            % {"points": number_format(paid)}
        )
    if claw := detail.get("clawback"):
        parts += _clawback_parts(claw)
    if lapsed := detail.get("lapsed"):
        again = detail.get("regranted", 0)
        parts.append(
            _("%(points)s of them had passed their day and were granted again with grace")
            % {"points": number_format(again)}
            if again
            else _("%(points)s of them had passed their day and do not come back")
            % {"points": number_format(lapsed)}
        )
    return parts


def _clawback_parts(claw: dict[str, Any]) -> list[str]:
    texts = {
        "own": _("%(points)s from the points of that purchase"),
        "others": _("%(points)s from other points, soonest expiry first"),
        "lapsed": _("%(points)s had already expired, nothing more is taken for them"),
        "debt": _("%(points)s recorded as debt"),
    }
    parts = [
        text % {"points": number_format(claw[key])} for key, text in texts.items() if claw.get(key)
    ]
    if short := claw.get("shortfall"):
        parts.append(_shortfall_part(short, claw.get("deduct")))
    return parts


def _shortfall_part(short: int, deduct: str | None) -> str:
    if deduct is None:
        return _("%(points)s could not be taken") % {"points": number_format(short)}
    return ngettext(
        "%(points)s point is deducted from the refund at the till: ¥%(money)s",
        "%(points)s points are deducted from the refund at the till: ¥%(money)s",
        short,
    ) % {"points": number_format(short), "money": number_format(Decimal(deduct), 2)}
