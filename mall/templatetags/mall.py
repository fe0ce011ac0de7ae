"""How rewards and orders are written on pages."""

import json
from collections.abc import Sequence
from datetime import datetime

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from mall.models import Redemption, Reward, RewardPicture
from mall.policies import texts
from mall.selectors import goals

register = template.Library()

_TABS = {
    "all": pgettext_lazy("orders", "All"),
    "unpaid": pgettext_lazy("orders", "To pay"),
    "to_ship": pgettext_lazy("orders", "To be shipped"),
    "to_receive": pgettext_lazy("orders", "To receive"),
    "to_collect": pgettext_lazy("orders", "To collect"),
    "completed": pgettext_lazy("orders", "Completed"),
    "cancelled": pgettext_lazy("orders", "Cancelled"),
}
_WAY = Redemption.Delivery
_STATES = {
    Redemption.State.UNPAID: pgettext_lazy("order", "To be paid"),
    Redemption.State.PLACED: pgettext_lazy("order", "Being confirmed"),
    Redemption.State.CONFIRMED: pgettext_lazy("order", "Being packed"),
    Redemption.State.SHIPPED: pgettext_lazy("order", "On its way"),
    Redemption.State.COMPLETED: pgettext_lazy("order", "Completed"),
    Redemption.State.CANCELLED: pgettext_lazy("order", "Cancelled"),
    Redemption.State.RETURNED: pgettext_lazy("order", "Sent back"),
}
# What an order is called that waits to be collected, used or credited.
_WAITING = {
    _WAY.PICK_UP: pgettext_lazy("order", "To be picked up"),
    _WAY.VOUCHER: pgettext_lazy("order", "To be used"),
    _WAY.PARTNER: pgettext_lazy("order", "Being credited"),
}
_TONES = {
    Redemption.State.UNPAID: "due",
    Redemption.State.COMPLETED: "done",
    Redemption.State.CANCELLED: "still",
    Redemption.State.RETURNED: "still",
}


@register.filter
def picture_address(picture: RewardPicture, width: int) -> str:
    return reverse("mall:picture", args=[picture.path.rpartition("/")[2], width])


@register.filter
def srcset(picture: RewardPicture) -> str:
    """Every width that is not larger than the picture itself, for the browser to choose."""
    widths = [w for w in RewardPicture.WIDTHS if w <= picture.width] or RewardPicture.WIDTHS[:1]
    return ", ".join(f"{picture_address(picture, width)} {width}w" for width in widths)


@register.filter
def safe_text(reward: Reward) -> SafeString:
    """The description. It was cleaned when it was saved, and is cleaned again: what an import
    or a script wrote into the table came by no form."""
    return mark_safe(texts.cleaned(reward.text))  # noqa: S308 — the line above


@register.filter
def tab_name(tab: str) -> str:
    return str(_TABS[tab])


@register.filter
def tone(order: Redemption) -> str:
    return _TONES.get(Redemption.State(order.state), "open")


@register.filter
def state_name(order: Redemption) -> str:
    """The state of an order as its member reads it, in a word or two."""
    state, way = Redemption.State(order.state), _WAY(order.delivery)
    if state in (Redemption.State.PLACED, Redemption.State.CONFIRMED) and way in _WAITING:
        return str(_WAITING[way])
    return str(_STATES[state])


@register.simple_tag
def countdown(until: datetime, now: datetime, kind: str = "left") -> SafeString:
    """`还剩 2 天 3 小时`, right when the page is made; a script lets it tick."""
    words = _patterns(kind)
    return format_html(
        '<time class="countdown" datetime="{}" data-countdown data-words="{}">{}</time>',
        timezone.localtime(until).isoformat(timespec="seconds"),
        json.dumps(words, ensure_ascii=False),
        _remaining(until, now, words),
    )


def _patterns(kind: str) -> Sequence[str]:
    """Days and hours, hours and minutes, minutes and seconds, over; `0` and `1` are figures."""
    if kind == "opens":
        return [
            _("Opens in {0} d {1} h"),
            _("Opens in {0} h {1} min"),
            _("Opens in {0} min {1} s"),
            _("Open now: load the page again"),
        ]
    if kind == "pay":
        return [
            _("{0} d {1} h to pay"),
            _("{0} h {1} min to pay"),
            _("{0} min {1} s to pay"),
            _("Time to pay is over"),
        ]
    return [_("{0} d {1} h left"), _("{0} h {1} min left"), _("{0} min {1} s left"), _("Over")]


def _remaining(until: datetime, now: datetime, words: Sequence[str]) -> str:
    seconds = int((until - now).total_seconds())
    if seconds <= 0:
        return words[3]
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, second = divmod(rest, 60)
    if days:
        return words[0].format(days, hours)
    return words[1].format(hours, minutes) if hours else words[2].format(minutes, second)


@register.inclusion_tag("mall/_goals.html", takes_context=True)
def reward_goals(context: template.Context, available: int) -> dict[str, object]:
    """Three rewards along the way: one that can be had, and what to save for (milestones)."""
    found = goals.along_the_way(available, at=timezone.now())
    return {"goals": found, "available": available, "points_unit": context.get("points_unit")}
