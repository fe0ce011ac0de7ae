"""Announcements as people read them, and whom they are for."""

from datetime import datetime

from django.db.models import QuerySet

from members.models import Member
from notifications.models import Announcement


def on_home_page(at: datetime) -> Announcement | None:
    """The newest announcement to everybody that is still to be shown. One query."""
    return _public(at).filter(shown_until__gt=at).order_by("-publish_at", "-pk").first()


def public(announcement_id: int, at: datetime) -> Announcement | None:
    """A published announcement to everybody; None for one that only some were told."""
    return _public(at).filter(pk=announcement_id).first()


def audience(announcement: Announcement) -> QuerySet[Member]:
    """The members whom an announcement is for, those who left aside."""
    rows = Member.objects.filter(merged_into=None, erased_at=None)
    if announcement.tag_id is not None:
        rows = rows.filter(taggings__tag_id=announcement.tag_id)
    if announcement.segment_id is not None:
        rows = rows.filter(segmentings__segment_id=announcement.segment_id)
    return rows


def due(at: datetime) -> QuerySet[Announcement]:
    """Those whose members are still to be told, the earliest first."""
    sending = Announcement.objects.filter(state=Announcement.State.SENDING, publish_at__lte=at)
    return sending.order_by("publish_at", "pk")


def _public(at: datetime) -> QuerySet[Announcement]:
    published = [Announcement.State.SENDING, Announcement.State.SENT]
    return Announcement.objects.filter(
        state__in=published, publish_at__lte=at, tag=None, segment=None
    )
