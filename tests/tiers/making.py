"""A ladder, people with growth, and the days that they live in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from members.models import Member
from points.services import batch
from tiers.models import Level, LevelBenefit, Standing, TierProgram
from tiers.policies.growth import Figures, Movement
from tiers.policies.ladders import SCALE
from tiers.services.climbing import Climb

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on an ordinary Monday."""

LADDER = {"basic": 0, "silver": 1000, "gold": 5000}


def ladder(
    thresholds: Mapping[str, int | None] = LADDER,
    *,
    keep: Mapping[str, int] | None = None,
    **rules: Any,
) -> dict[str, Level]:
    """Levels with these thresholds, in this order, under these rules."""
    given: dict[str, Any] = {"grace_days": 0, "warn_days": 0, **rules}
    program, _made = TierProgram.objects.update_or_create(pk=1, defaults=given)
    return {
        code: Level.objects.create(
            program=program,
            code=code,
            name=code.upper(),
            rank=rank,
            threshold=threshold,
            keep=(keep or {}).get(code),
        )
        for rank, (code, threshold) in enumerate(thresholds.items(), start=1)
    }


def gift(level: Level, points: int, *, repeat: str = "ever") -> LevelBenefit:
    params = {"points": points, "days": 365, "repeat": repeat}
    return LevelBenefit.objects.create(level=level, kind="upgrade_gift", params=params)


def grow(
    member: Member,
    yuan: int,
    *,
    on: date | None = None,
    at: datetime = NOON,
    cause: str = "",
    returns: str = "",
) -> str:
    """Let a member spend so many yuan on a day, as of `at`; the level afterwards."""
    batch.lock([member.pk], at=at)
    climb = Climb(at=at, actor="test").load([member.pk])
    day = on or climb.today
    figures = Figures(spent=yuan * SCALE)
    climb.note(Movement(member.pk, day, figures, cause or f"buy:{day}", returns=returns))
    climb.save()
    return climb.level_code(member.pk)


def level_of(member: Member) -> str:
    return Standing.objects.select_related("level").get(member=member).level.code


def standing(member: Member) -> Standing:
    return Standing.objects.get(member=member)


def noon(year: int, month: int, day: int) -> datetime:
    """Noon of a day in Shanghai."""
    return datetime(year, month, day, 4, 0, tzinfo=UTC)
