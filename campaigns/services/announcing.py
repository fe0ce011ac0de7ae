"""Telling every member of rules that are to come (F83, F87)."""

from datetime import datetime

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from campaigns.models import EarningRuleVersion
from notifications.services import announcements, noting
from notifications.services.announcements import Words


def announce(version: EarningRuleVersion, *, now: datetime) -> None:
    """Let a job tell all members of a version that starts later, once.

    Nothing for the first version, which changes nothing, for one that holds already, and for
    one that repairs what went wrong. Within the caller's transaction; three statements at most.
    """
    if version.repairs_id is not None or version.starts_at <= now or (version.number or 0) < 2:
        return
    day = localtime(version.starts_at).date()
    title = noting.in_languages(_("Changed rules for points"))
    text = noting.in_languages(_("See what changes, and what it means for you."))
    announcements.announce_rules(
        reference=f"rules:v{version.number}",
        words=Words(
            title_zh=title["zh-hans"],
            body_zh=version.announcement or text["zh-hans"],
            title_en=title["en"],
            body_en=version.announcement_en or version.announcement or text["en"],
        ),
        effective_on=day,
        until=version.starts_at,
        link=reverse("campaigns:rules-changes", args=[f"v{version.number}"]),
        at=now,
    )
