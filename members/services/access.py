"""Writing down who saw or took personal data (PIPL 51, 54)."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.timezone import localdate

from members.models import AccessLog

MEMBER = "member"
_WINDOW = 500


def note(*, member_id: int, actor: str, what: str, at: datetime) -> None:
    """Count an access by `actor` (`staff:<id>` or `member`) to this member's data.

    One row a day for each actor and kind, so that the log grows with people, not with clicks.
    """
    AccessLog.objects.put(
        member_id=member_id, actor=actor, what=AccessLog.What(what), day=localdate(at), at=at
    )


def note_many(*, member_ids: Iterable[int], actor: str, what: str, at: datetime) -> None:
    """The same for a list of members that somebody took; two statements per 500."""
    day = localdate(at)
    for window in _windows(member_ids):
        AccessLog.objects.bulk_create(
            [
                AccessLog(
                    member_id=pk, actor=actor, what=what, day=day, first_at=at, last_at=at, times=1
                )
                for pk in window
            ],
            ignore_conflicts=True,
        )


def _windows(ids: Iterable[int]) -> Iterable[list[int]]:
    window: list[int] = []
    for pk in ids:
        window.append(pk)
        if len(window) == _WINDOW:
            yield window
            window = []
    if window:
        yield window


def forget(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows of days before this instant; returns how many."""
    old = AccessLog.objects.filter(day__lt=localdate(before)).order_by("pk")
    return AccessLog.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).delete()[
        0
    ]
