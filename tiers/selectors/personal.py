"""Levels and growth in a member's copy of their data, and what closing the account takes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.models import Member
from members.selectors.consequences import Loss
from members.selectors.personal_data import Cell, Section, windowed
from tiers.models import GrowthCorrection, GrowthDay, Standing, StandingChange
from tiers.selectors import standings

Found = Iterator[Sequence[Cell]]


def lost(member: Member, at: datetime) -> Iterable[Loss]:
    """The member's level, where there are levels. Two queries."""
    level = standings.standing_of([member.pk]).get(member.pk)
    if level is not None:
        text = _("Your level “%(level)s” and your growth end.") % {"level": level.name}
        yield Loss("level", level.code, text)


def _standing(ids: Sequence[int], at: datetime) -> Found:
    for row in Standing.objects.filter(member_id__in=ids).select_related("level"):
        yield (
            *(row.level.code, row.level.label, row.since, row.by),
            *(row.valid_until, row.grace_until),
        )


def _history(ids: Sequence[int], at: datetime) -> Found:
    rows = StandingChange.objects.filter(member_id__in=ids).select_related("before", "after")
    for row in windowed(rows):
        yield (
            *(row.at, row.before.label, row.after.label, row.get_why_display(), row.growth),
            *(row.until, row.reason),
        )


def _growth(ids: Sequence[int], at: datetime) -> Found:
    """`spent` in yuan, as it is kept: to a ten-thousandth."""
    for row in windowed(GrowthDay.objects.filter(member_id__in=ids)):
        yield row.day, f"{row.spent // 10_000}.{row.spent % 10_000:04}", *_others(row)


def _others(row: GrowthDay) -> tuple[int, int, int]:
    return row.bought, row.acted, row.adjusted


def _corrections(ids: Sequence[int], at: datetime) -> Found:
    for row in windowed(GrowthCorrection.objects.filter(member_id__in=ids)):
        yield row.created_at, row.day, row.amount, row.reason


SECTIONS = (
    Section(
        "level",
        gettext_lazy("Member level"),
        ("code", "name", "since", "held_by", "valid_until", "grace_until"),
        _standing,
    ),
    Section(
        "level_history",
        gettext_lazy("History of levels"),
        ("at", "from", "to", "why", "growth", "valid_until", "reason"),
        _history,
    ),
    Section(
        "growth",
        gettext_lazy("Growth by day"),
        ("day", "spent_yuan", "points_of_purchases", "points_of_acts", "corrected"),
        _growth,
    ),
    Section(
        "growth_corrections",
        gettext_lazy("Corrections of growth"),
        ("at", "day", "growth", "reason"),
        _corrections,
    ),
)
