"""Notices as the apps above make them, without their reasons."""

from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from members.models import Member
from notifications.models import Notice

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
