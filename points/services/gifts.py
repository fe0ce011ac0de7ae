"""Gifts of points between people who are bound (F71–F73, I12)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.timezone import localtime

from members.selectors import relations
from points.exceptions import (
    GiftOutOfRange,
    GiftsExhausted,
    GiftsOff,
    GiftTooEarly,
    NotBound,
    ReceiverUnavailable,
    ReferenceConflict,
)
from points.models import Account, Gift, GiftSettings
from points.selectors import gifts as selectors
from points.services import accounts, checks, notices, transfers

WORDS_MAX = 60
_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Given:
    gift: Gift
    is_replay: bool


def give(
    *, giver_id: int, receiver_id: int, points: int, words: str, key: str, actor: str, at: datetime
) -> Given:
    """Give `points` to somebody the giver is bound to; the expiry travels with them.

    `key` makes it happen once: the same key with the same content answers the first gift, with
    other content it raises `ReferenceConflict`. Both accounts are locked in the order of their
    ids before anything is counted, so limits hold in any burst. Raises `GiftsOff`, `NotBound`,
    `GiftTooEarly`, `GiftOutOfRange`, `GiftsExhausted` (whose monthly limit, `field` says),
    `ReceiverUnavailable`, `AccountFrozen`, `InsufficientPoints`.
    """
    checks.points(points)
    checks.text(key, field="key", length=_KEY_LENGTH)
    words = words.strip()
    if words:
        checks.text(words, field="words", length=WORDS_MAX)
    with transaction.atomic():
        accounts.lock([giver_id, receiver_id], at=at)
        if first := _first_answer(giver_id, key, receiver_id=receiver_id, points=points):
            return Given(first, is_replay=True)
        settings = selectors.gift_settings()
        _check_bond(settings, giver_id, receiver_id, at=at)
        _check_limits(settings, giver_id, receiver_id, points=points, at=at)
        out, into = transfers.transfer(
            from_member_id=giver_id,
            to_member_id=receiver_id,
            points=points,
            reference=f"gift:{giver_id}:{key}",
            actor=actor,
            at=at,
            source="gift",
            # Not the words: an entry can never be changed, and they may name somebody.
            explanation={"type": "gift"},
        )
        gift = Gift.objects.create(
            giver_id=giver_id,
            receiver_id=receiver_id,
            points=points,
            words=words,
            key=key,
            given_at=at,
            out_entry_id=out.entry_id,
            in_entry_id=into.entry_id,
        )
        notices.given(gift, out, into, at=at)
    return Given(gift, is_replay=False)


def _first_answer(giver_id: int, key: str, *, receiver_id: int, points: int) -> Gift | None:
    first = Gift.objects.filter(giver_id=giver_id, key=key).first()
    if first is not None and (first.receiver_id, first.points) != (receiver_id, points):
        raise ReferenceConflict(field="key", reference=key)
    return first


def _check_bond(settings: GiftSettings, giver_id: int, receiver_id: int, *, at: datetime) -> None:
    if not settings.is_on:
        raise GiftsOff
    bond = relations.between(giver_id, receiver_id) if giver_id != receiver_id else None
    if bond is None:
        raise NotBound
    free_from = selectors.free_from(bond.bound_at, settings)
    if at < free_from:
        raise GiftTooEarly(day=localtime(free_from).strftime("%Y-%m-%d %H:%M"))
    # The other's reason for being frozen is nobody else's business.
    frozen = Account.objects.filter(
        member_id=receiver_id, unit=Account.Unit.POINTS, status=Account.Status.FROZEN
    )
    if frozen.exists():
        raise ReceiverUnavailable


def _check_limits(
    settings: GiftSettings, giver_id: int, receiver_id: int, *, points: int, at: datetime
) -> None:
    if not settings.points_min <= points <= settings.points_max:
        raise GiftOutOfRange(least=settings.points_min, most=settings.points_max)
    start = selectors.month_start(at)
    given = Gift.objects.filter(giver_id=giver_id, given_at__gte=start)
    if given.count() >= settings.gifts_per_month:
        raise GiftsExhausted("gifts_used_up", limit=settings.gifts_per_month)
    if (given.aggregate(sum=Sum("points"))["sum"] or 0) + points > settings.points_per_month:
        raise GiftsExhausted("gift_points_used_up", limit=settings.points_per_month)
    received = Gift.objects.filter(receiver_id=receiver_id, given_at__gte=start)
    if (received.aggregate(sum=Sum("points"))["sum"] or 0) + points > settings.received_per_month:
        raise GiftsExhausted("gifts_received_full", limit=settings.received_per_month)
