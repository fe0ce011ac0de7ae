"""The ledger's sections of a member's copy of their data."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.selectors.personal_data import Cell, Section, windowed
from points.models import Account, Entry, Gift, Lot
from points.policies import NEVER
from points.selectors import balances, explanations, labels

Found = Iterator[Sequence[Cell]]


def _balance(ids: Sequence[int], at: datetime) -> Found:
    """The rows that were merged into the member's are empty: their points have come over."""
    settings = balances.ledger_settings()
    found = balances.balance(ids[0], at)
    yield (
        *(found.available, found.value_in_yuan(settings), found.held, found.pending, found.debt),
        *(found.earned_total, found.spent_total, found.expired_total, found.clawed_total),
        *(found.status, found.frozen_reason),
    )


def _accounts(ids: Sequence[int]) -> list[int]:
    return list(
        Account.objects.filter(member_id__in=ids).order_by("pk").values_list("pk", flat=True)
    )


def _entries(ids: Sequence[int], at: datetime) -> Found:
    rows = Entry.objects.filter(account_id__in=_accounts(ids)).select_related("store")
    for row in windowed(rows):
        yield (
            *(row.occurred_at, row.created_at, row.kind, row.get_kind_display(), row.amount),
            *(row.available_after, row.held_after, row.pending_after, row.debt_after),
            *(labels.source(row.source), row.store and row.store.name),
            *(row.reference, row.rule_version, explanations.render(row)),
        )


def _lots(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(Lot.objects.filter(account_id__in=_accounts(ids))):
        yield (
            *(row.earned_at, row.usable_at, None if row.expires_at == NEVER else row.expires_at),
            *(row.granted, row.remaining, row.held, row.spent, row.expired, row.clawed),
            row.state,
        )


def _gifts(ids: Sequence[int], at: datetime) -> Found:
    mine = Q(giver_id__in=ids) | Q(receiver_id__in=ids)
    for row in windowed(Gift.objects.filter(mine).select_related("giver", "receiver")):
        is_given = row.giver_id in ids
        other = row.receiver if is_given else row.giver
        yield (
            row.given_at,
            "given" if is_given else "received",
            other.name or other.masked_number,
            row.points,
            row.words,
        )


SECTIONS = (
    Section(
        "points",
        _("Points"),
        (
            *("available", "value_yuan", "held", "pending", "debt", "earned_total"),
            *("spent_total", "expired_total", "clawed_total", "status", "frozen_reason"),
        ),
        _balance,
    ),
    Section(
        "entries",
        _("Entries"),
        (
            *("occurred_at", "booked_at", "kind", "kind_label", "points", "available_after"),
            *("held_after", "pending_after", "debt_after", "source", "store", "reference"),
            *("rule_version", "explanation"),
        ),
        _entries,
    ),
    Section(
        "lots",
        _("Lots"),
        (
            *("earned_at", "usable_at", "expires_at", "granted", "remaining", "held", "spent"),
            *("expired", "clawed", "state"),
        ),
        _lots,
    ),
    Section("gifts", _("Gifts"), ("given_at", "direction", "other", "points", "words"), _gifts),
)
