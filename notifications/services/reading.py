"""Reading notices: all that ever changes about one."""

from collections.abc import Sequence
from datetime import datetime

from notifications.models import Notice


def read(*, member_id: int, ids: Sequence[int], at: datetime) -> int:
    """Mark these of the member's notices as read; returns how many were unread.

    Others' notices and those that are read already are passed over. Locks the notices only.
    """
    rows = Notice.objects.filter(member_id=member_id, pk__in=ids, read_at=None)
    return rows.update(read_at=at)


def read_all(*, member_id: int, group: str = "", newest: int | None = None, at: datetime) -> int:
    """Mark all notices of a tab (of all, for an empty `group`) as read; returns how many.

    `newest` is the id of the newest one that the member has seen: what came later stays unread.
    """
    rows = Notice.objects.filter(member_id=member_id, read_at=None)
    if group:
        rows = rows.filter(group=group)
    if newest is not None:
        rows = rows.filter(pk__lte=newest)
    return rows.update(read_at=at)
