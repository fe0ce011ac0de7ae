"""How points are written and which sign, drawing and words an entry gets.

A change is never told by colour alone: there is always a sign, a drawing and a word.
"""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from points.models import Entry, Gift
from points.policies import NEVER
from points.selectors import explanations
from points.selectors.statements import last_day, signed

register = template.Library()
register.filter(signed)

_KINDS = Entry.Kind


@dataclass(frozen=True, slots=True)
class Movement:
    """How one entry is shown: `text` is its signed figure, empty where no points moved."""

    title: str | Promise
    text: str
    tone: str
    icon: str


# kind: (title, tone, drawing, sign); the sign "±" follows the amount, "" shows it bare.
_SHOWN: dict[str, tuple[str | Promise, str, str, str]] = {
    _KINDS.EARN: (_("Points earned"), "gain", "plus", "±"),
    _KINDS.MATURE: (_("Pending points credited"), "gain", "check", ""),
    _KINDS.SPEND: (_("Points used"), "loss", "minus", "±"),
    _KINDS.HOLD: (_("Points held"), "still", "lock", ""),
    _KINDS.CAPTURE: (_("Held points used"), "loss", "minus", "±"),
    _KINDS.RELEASE: (_("Held points released"), "still", "unlock", ""),
    _KINDS.RESTORE: (_("Points given back"), "gain", "return", "±"),
    _KINDS.CLAWBACK: (_("Clawed back on a return"), "loss", "return", "±"),
    _KINDS.EXPIRE: (_("Points expired"), "still", "clock", "±"),
    _KINDS.TRANSFER_OUT: (_("Gift sent"), "loss", "gift", "±"),
    _KINDS.TRANSFER_IN: (_("Gift received"), "gain", "gift", "±"),
    _KINDS.ADJUST: (_("Adjusted by the shop"), "gain", "pen", "±"),
    _KINDS.FREEZE: (_("Account frozen"), "still", "lock", "none"),
    _KINDS.UNFREEZE: (_("Account unfrozen"), "still", "unlock", "none"),
}


@register.filter(name="points")
def grouped(value: int) -> str:
    """`12,860`."""
    return f"{value:,}"


@register.filter
def with_unit(value: int, unit: str = "") -> str:
    """`12,860 points`, in the reader's language, or with the merchant's own word."""
    if unit:
        return gettext("%(points)s %(unit)s") % {"points": f"{value:,}", "unit": unit}
    return ngettext("%(points)s point", "%(points)s points", value) % {"points": f"{value:,}"}


@register.filter
def money(value: Decimal) -> str:
    """`¥128.60`, always with fen."""
    return f"¥{value:,.2f}"


@register.filter
def is_forever(value: datetime) -> bool:
    """Whether an expiry stands for "never"."""
    return value >= NEVER


@register.filter
def until(value: datetime) -> str:
    """Until when points count: `2027-08-06` for those that lapse when that day has ended.

    An expiry is the first instant at which points no longer count. Midnight belongs to the day
    that it ends, since nobody reads "valid until the 7th" as "not on the 7th".
    """
    local = timezone.localtime(value)
    if local.time() == time.min:
        return f"{last_day(value):%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}"


@register.simple_tag
def movement(entry: Entry) -> Movement:
    title, tone, icon, sign = _SHOWN[entry.kind]
    amount = entry.amount
    if sign == "none" or amount == 0:
        text = ""
    else:
        text = signed(amount) if sign == "±" else grouped(abs(amount))
    if tone == "gain" and amount < 0:
        tone = "loss"
    return Movement(title=title, text=text, tone=tone, icon=icon)


@register.simple_tag
def explained(entry: Entry) -> str:
    """Why: the entry's arithmetic as a sentence (F82)."""
    return explanations.render(entry)


@register.simple_tag
def reasons(entry: Entry) -> list[tuple[str, int, str]]:
    """Why so many and not more: name, points and sentence of each rule that was asked."""
    return explanations.reasons(entry)


@register.filter
def points_taken(value: int) -> str:
    """What a use took from a lot as a change of that lot: taking 30 is `−30`."""
    return signed(-value)


@register.filter
def own_entry(gift: Gift, member_id: int) -> int:
    """The gift's entry in this member's account."""
    return gift.out_entry_id if gift.giver_id == member_id else gift.in_entry_id
