"""A member's inbox: pages of it, and how much of it is unread."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from notifications import exceptions
from notifications.models import Notice

# More than this is said as "99+", and never counted.
UNREAD_SHOWN_MAX = 99


@dataclass(frozen=True, slots=True)
class Page:
    """Notices, the newest first, and from where to go on; None at the end."""

    rows: list[Notice]
    next_before: int | None


def page(
    member_id: int, *, group: str = "", is_unread: bool = False, before: int | None, size: int
) -> Page:
    """A page of one tab, all of them for an empty `group`. One query, two after the first page.

    Raises `NoticeUnknown` when `before` is none of the member's notices.
    """
    rows = Notice.objects.filter(member_id=member_id)
    if group:
        rows = rows.filter(group=group)
    if is_unread:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = _older_than(rows, own(member_id, before))
    found = list(rows.order_by("-created_at", "-pk")[: size + 1])
    next_before = found[size - 1].pk if len(found) > size else None
    return Page(rows=found[:size], next_before=next_before)


def own(member_id: int, notice_id: int) -> Notice:
    """One notice of the member's; raises `NoticeUnknown` for anybody else's."""
    found = Notice.objects.filter(pk=notice_id, member_id=member_id).first()
    if found is None:
        raise exceptions.NoticeUnknown
    return found


def unread(member_id: int) -> int:
    """How many notices are unread, counted to one past `UNREAD_SHOWN_MAX`.

    It stands on every page: one look into the index of unread ones, however full the inbox.
    """
    rows = Notice.objects.filter(member_id=member_id, read_at=None)
    return rows.values("pk")[: UNREAD_SHOWN_MAX + 1].count()


def unread_by_group(member_id: int) -> dict[str, int]:
    """How many notices of each tab are unread, 0 where none is. One query."""
    rows = Notice.objects.filter(member_id=member_id, read_at=None).order_by().values("group")
    counted = {row["group"]: row["count"] for row in rows.annotate(count=Count("pk"))}
    return {group: counted.get(group, 0) for group in Notice.Group.values}


def _older_than(rows: QuerySet[Notice], last: Notice) -> QuerySet[Notice]:
    # The first condition alone is what the index of the inbox begins with.
    same = Q(created_at=last.created_at, pk__gte=last.pk)
    return rows.filter(Q(created_at__lte=last.created_at) & ~same)
