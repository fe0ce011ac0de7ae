"""Announcements as people read them."""

from datetime import datetime

from django.db.models import QuerySet

from notifications.models import Announcement


def on_home_page(at: datetime) -> Announcement | None:
    """The newest announcement to everybody that is still to be shown. One query."""
    return _public().filter(shown_until__gt=at).order_by("-publish_at", "-pk").first()


def public(announcement_id: int) -> Announcement | None:
    """A published announcement to everybody; None for one that only some were told."""
    return _public().filter(pk=announcement_id).first()


def _public() -> QuerySet[Announcement]:
    published = [Announcement.State.SENDING, Announcement.State.SENT]
    return Announcement.objects.filter(state__in=published, tag=None, segment=None)
