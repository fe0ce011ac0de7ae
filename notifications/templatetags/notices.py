"""How notices are shown, and the bell that every page of a member carries."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from notifications.models import Announcement, Message, Notice
from notifications.selectors import announcements, inbox
from notifications.selectors.reach import Switch

register = template.Library()

_ICONS = {
    Notice.Kind.REGISTRATION: "person",
    Notice.Kind.POINTS_EARNED: "plus",
    Notice.Kind.POINTS_RETURNED: "return",
    Notice.Kind.POINTS_EXPIRING: "clock",
    Notice.Kind.POINTS_CLEARED: "clock",
    Notice.Kind.GIFT: "gift",
    Notice.Kind.REDEMPTION: "truck",
    Notice.Kind.COUPON: "orders",
    Notice.Kind.TIER: "shield",
    Notice.Kind.DRAW: "gift",
    Notice.Kind.AUCTION: "gift",
    Notice.Kind.TICKET: "pen",
    Notice.Kind.ANNOUNCEMENT: "horn",
    Notice.Kind.RULE_CHANGE: "book",
}
_TABS: dict[str, str | Promise] = {
    "": pgettext_lazy("messages", "All"),
    Notice.Group.ACCOUNT: pgettext_lazy("messages", "Account"),
    Notice.Group.ACTIVITY: pgettext_lazy("messages", "Activities"),
    Notice.Group.DELIVERY: pgettext_lazy("messages", "Orders"),
}


_CHANNELS: dict[str, str | Promise] = {
    Message.Channel.SMS: _("SMS"),
    Message.Channel.EMAIL: _("E-mail"),
    Message.Channel.WECHAT: _("WeChat"),
}


@register.filter
def channel_label(channel: str) -> str:
    """A channel in one word, for the head of a narrow table."""
    return str(_CHANNELS[channel])


@register.filter
def is_on(switches: dict[tuple[str, str], bool], switch: Switch) -> bool:
    return switches[switch.kind, switch.channel]


@register.inclusion_tag("notifications/_bell.html", takes_context=True)
def bell(context: dict[str, Any]) -> dict[str, Any]:
    """The way to the inbox, with the number of unread notices. One query, none on the inbox."""
    unread = context.get("unread")
    if unread is None:
        unread = inbox.unread(context["request"].member.pk)
    return {"unread": unread}


@register.filter
def capped(count: int) -> str:
    """`7`, `99`, `99+`."""
    return f"{inbox.UNREAD_SHOWN_MAX}+" if count > inbox.UNREAD_SHOWN_MAX else str(count)


@register.filter
def notice_icon(notice: Notice) -> str:
    return _ICONS.get(Notice.Kind(notice.kind), "info")


@register.simple_tag
def notice_points(notice: Notice) -> dict[str, str]:
    """The figure of a notice: points that moved have a sign, points that may lapse have none."""
    points = notice.points or 0
    if points == 0:
        return {}
    if notice.kind == Notice.Kind.POINTS_EXPIRING:
        return {"text": f"{abs(points):,}", "tone": "due"}
    if notice.kind == Notice.Kind.POINTS_CLEARED:
        return {"text": f"−{abs(points):,}", "tone": "still"}
    if points < 0:
        return {"text": f"−{-points:,}", "tone": "loss"}
    return {"text": f"+{points:,}", "tone": "gain"}


@register.filter
def tab_label(group: str) -> str:
    return str(_TABS[group])


@register.inclusion_tag("notifications/_announcement.html")
def announcement_line() -> dict[str, Announcement | None]:
    """The newest announcement that is still to be shown. One query."""
    return {"announcement": announcements.on_home_page(timezone.now())}


@register.filter
def own_title(announcement: Announcement) -> str:
    """The title in the reader's language, or in Chinese where the shop wrote no other."""
    return (_reads_english() and announcement.title_en) or announcement.title_zh


@register.filter
def own_text(announcement: Announcement) -> str:
    return (_reads_english() and announcement.body_en) or announcement.body_zh


def _reads_english() -> bool:
    return (get_language() or "").startswith("en")
