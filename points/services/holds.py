"""Releasing of holds whose checkout was never finished."""

from datetime import datetime

from points.exceptions import HoldClosed
from points.models import Hold
from points.services import ledger


def release_stale(*, now: datetime, limit: int = 1000) -> int:
    """Release active holds that timed out by `now`; returns how many. Safe to run twice at once."""
    released = 0
    due = (
        Hold.objects.filter(state=Hold.State.ACTIVE, expires_at__lte=now)
        .order_by("expires_at")
        .values_list("pk", "account__member_id", "entry__reference")[:limit]
    )
    for pk, member_id, reference in due:
        try:
            ledger.release(
                member_id=member_id,
                hold_reference=reference,
                reference=f"timeout:{pk}",
                actor="system",
                at=now,
                is_time_out=True,
            )
        except HoldClosed:
            continue  # its checkout was finished at the last moment
        released += 1
    return released
