"""Corrections by hand: reason and actor always, a second person above a threshold (I17)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Abs

from points import policies, selectors, signals
from points.exceptions import (
    AdjustmentConflict,
    AdjustmentDecided,
    InvalidPoints,
    ReasonRequired,
    SecondPersonRequired,
)
from points.models import Adjustment
from points.policies import LIMIT, fingerprint
from points.services import checks, notices, operations
from points.services.book import Book
from points.services.operations import Note


def request(
    *,
    key: str,
    member_id: int,
    points: int,
    reason: str,
    note: str,
    requested_by: User,
    at: datetime,
    expires_at: datetime | None = None,
) -> Adjustment:
    """Add (positive) or take (negative) points by hand.

    Posted at once up to the merchant's threshold per adjustment and per person and day; above
    either it waits for a different person, so that splitting does not help. `key` is the
    request's own: again with the same content it answers with the first adjustment as that now
    stands. Locks the requester, then the account. Raises `ReasonRequired`, `InvalidPoints`,
    `AdjustmentConflict`, and on posting what `ledger.spend` raises.
    """
    if type(points) is not int or not points or abs(points) > LIMIT:
        raise InvalidPoints(limit=LIMIT)
    if reason not in Adjustment.Reason.values:
        raise ReasonRequired
    if not note.strip():
        raise ReasonRequired(field="note")
    checks.text(note.strip(), field="note", length=200)
    checks.text(key, field="key", length=64)
    content: dict[str, Any] = {
        "member_id": member_id,
        "points": points,
        "reason": reason,
        "note": note.strip(),
        "expires_at": expires_at,
        "requested_by_id": requested_by.pk,
    }
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=requested_by.pk)
        adjustment, is_new = Adjustment.objects.get_or_create(
            key=key,
            defaults={
                **content,
                "state": Adjustment.State.WAITING,
                "requested_at": at,
                "needs_second_person": _needs_second_person(requested_by, points, at),
            },
        )
        if any(getattr(adjustment, name) != value for name, value in content.items()):
            raise AdjustmentConflict(reference=key)
        if is_new and not adjustment.needs_second_person:
            _post(adjustment, actor=requested_by, at=at)
    return adjustment


def _needs_second_person(person: User, points: int, at: datetime) -> bool:
    limits = selectors.ledger_settings()
    zone = ZoneInfo(django_settings.TIME_ZONE)
    midnight = policies.start_of_day(at.astimezone(zone).date(), zone)
    today = (
        Adjustment.objects.filter(requested_by=person, requested_at__gte=midnight)
        .exclude(state=Adjustment.State.REJECTED)
        .aggregate(total=Sum(Abs("points")))["total"]
        or 0
    )
    return (
        abs(points) > limits.adjustment_threshold
        or today + abs(points) > limits.adjustment_daily_cap
    )


def approve(*, adjustment_id: int, decided_by: User, at: datetime) -> Adjustment:
    """Post a waiting adjustment; only somebody other than the person who asked may.

    Raises `AdjustmentDecided`, `SecondPersonRequired`, and what `ledger.spend` raises.
    """
    with transaction.atomic():
        adjustment = _waiting(adjustment_id)
        if adjustment.requested_by_id == decided_by.pk:
            raise SecondPersonRequired
        adjustment.decided_by, adjustment.decided_at = decided_by, at
        _post(adjustment, actor=decided_by, at=at)
        signals.adjustment_decided.send(sender=Adjustment, adjustment=adjustment, at=at)
    return adjustment


def reject(*, adjustment_id: int, decided_by: User, at: datetime) -> Adjustment:
    """Turn a waiting adjustment down; the person who asked may also take it back."""
    with transaction.atomic():
        adjustment = _waiting(adjustment_id)
        adjustment.state = Adjustment.State.REJECTED
        adjustment.decided_by, adjustment.decided_at = decided_by, at
        adjustment.save(update_fields=["state", "decided_by", "decided_at"])
        signals.adjustment_decided.send(sender=Adjustment, adjustment=adjustment, at=at)
    return adjustment


def _waiting(adjustment_id: int) -> Adjustment:
    adjustment = Adjustment.objects.select_for_update().get(pk=adjustment_id)
    if adjustment.state != Adjustment.State.WAITING:
        raise AdjustmentDecided
    return adjustment


def _post(adjustment: Adjustment, *, actor: User, at: datetime) -> None:
    reference = f"adjust:{adjustment.pk}"
    explanation: dict[str, Any] = {
        "type": "adjustment",
        "reason": adjustment.reason,
        "requested_by": adjustment.requested_by_id,
    }
    if adjustment.decided_by_id:
        explanation["approved_by"] = adjustment.decided_by_id
    note = Note(
        reference=reference,
        fingerprint=fingerprint(reference, adjustment.points),
        source="adjustment",
        actor=f"staff:{actor.pk}",
        at=at,
        explanation=explanation,
    )
    book = Book(recorded_at=at)
    book.lock_members([adjustment.member_id])
    account = book.member(adjustment.member_id)
    if adjustment.points > 0:
        entry = operations.earn(
            book,
            account,
            note,
            points=adjustment.points,
            expires_at=adjustment.expires_at or _expiry(at),
            usable_at=None,
            kind="adjust",
        )
    else:
        entry = operations.spend(book, account, note, points=-adjustment.points, kind="adjust")
    book.flush()
    adjustment.state = Adjustment.State.POSTED
    adjustment.entry_id = entry.id
    adjustment.save(update_fields=["state", "entry", "decided_by", "decided_at"])
    notices.adjusted(adjustment, balance=entry.available_after, at=at)


def _expiry(at: datetime) -> datetime:
    months = selectors.ledger_settings().adjustment_validity_months
    return policies.rolling_expiry(at, months=months, zone=ZoneInfo(django_settings.TIME_ZONE))
