"""Notices as the apps above make them, without their reasons."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from members.models import Member
from notifications.models import Announcement, Notice

_numbers = count(1)


def notice(person: Member, *, at: datetime | None = None, **values: Any) -> Notice:
    """A notice about points, unread unless `read_at` says otherwise."""
    content: dict[str, Any] = {
        "kind": Notice.Kind.POINTS_EARNED,
        "group": Notice.Group.ACCOUNT,
        "reference": f"test:{next(_numbers)}",
        "language": "zh-hans",
        "title": "获得 20 积分",
        "body": "您在西湖店消费获得 20 积分。",
        "created_at": at or timezone.now(),
    }
    return Notice.objects.create(member=person, **(content | values))


def letters_to(person: Member) -> None:
    """Notices short and long, read and unread, with and without points and a way to more."""
    now = timezone.now()
    Announcement.objects.create(
        title_zh="周末全场双倍积分" * 6,
        body_zh="本周末全场双倍。",
        state=Announcement.State.SENT,
        publish_at=now - timedelta(hours=1),
        shown_until=now + timedelta(days=1),
        created_at=now,
    )
    notice(person, points=1_234_567, link="/points/", read_at=now)
    notice(person, points=-20, group="delivery", kind="redemption", title="已发货" * 20)
    notice(person, body="LONGWORD" * 40 + "很长的通知。" * 40, link="/rules/", points=98_765)
