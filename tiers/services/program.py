"""The ladder, changed as a whole: what is saved is what was tried."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, ProtectedError

from tiers.exceptions import LadderRefused
from tiers.models import Level, TierProgram
from tiers.policies import ladders
from tiers.policies.ladders import Ladder, Rules, Step
from tiers.selectors import ladder as found_ladder
from tiers.selectors import simulation
from tiers.selectors.simulation import Simulation
from tiers.services.climbing import day_of

_ASIDE = 1000


@dataclass(frozen=True, slots=True)
class LevelInput:
    """A level as it is to be; `id` None for a new one. Their order is their rank."""

    id: int | None
    code: str
    name: str
    name_en: str
    threshold: int | None
    keep: int | None
    surface: str


@dataclass(frozen=True, slots=True)
class LadderInput:
    """All that a merchant sets about levels, except what they give."""

    program: TierProgram
    levels: Sequence[LevelInput]

    @property
    def ladder(self) -> Ladder:
        """As the arithmetic sees it; raises `LadderRefused` with the level's place."""
        steps = tuple(
            Step(one.id or -rank, one.code, rank, one.threshold, one.keep)
            for rank, one in enumerate(self.levels, start=1)
        )
        for problem in ladders.problems(steps):
            raise LadderRefused(problem.code, field=problem.field, place=problem.place)
        return Ladder(found_ladder.rules_of(self.program), steps)

    @property
    def mark(self) -> str:
        """What was tried, in short: another ladder, or another ladder in force, has another."""
        now = [list(row) for row in Level.objects.order_by("rank").values_list(*_SAVED)]
        own = [asdict(one) for one in self.levels]
        rules = asdict(found_ladder.rules_of(self.program))
        text = json.dumps([now, own, rules], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


_SAVED = ("pk", "code", "rank", "threshold", "keep")


def trial(given: LadderInput, *, at: datetime) -> Simulation:
    """How many members would be where. Writes nothing. Raises `LadderRefused`."""
    names = [one.name for one in given.levels]
    return simulation.simulate(given.ladder, on=day_of(at), names=names)


def save(given: LadderInput, *, at: datetime, tried: str | None = None) -> list[Level]:
    """Let this ladder be in force. Who reaches more rises in the next night or with the next
    purchase; nobody falls before the end of a period.

    With `tried`, the mark of the trial, nothing is saved that nobody has looked at. Levels that
    are not named go, unless somebody has or had them. Raises `LadderRefused`. Locks the row of
    the program.
    """
    checked = given.ladder
    with transaction.atomic():
        TierProgram.objects.get_or_create(pk=1)
        TierProgram.objects.select_for_update().get(pk=1)
        if tried is not None and tried != given.mark:
            raise LadderRefused("stale_simulation")
        program = given.program
        program.pk, program.saved_at = 1, at
        program.full_clean(exclude=["id"])
        program.save(force_update=True)
        return _save_levels(given.levels, checked)


def _save_levels(levels: Sequence[LevelInput], checked: Ladder) -> list[Level]:
    kept = [one.id for one in levels if one.id is not None]
    try:
        with transaction.atomic():
            Level.objects.exclude(pk__in=kept).delete()
    except (ProtectedError, IntegrityError) as error:
        raise LadderRefused("level_in_use") from error
    # Ranks are unique at every moment, so all step aside before each takes its own.
    Level.objects.update(rank=F("rank") + _ASIDE)
    return [_save_level(one, step) for one, step in zip(levels, checked.steps, strict=True)]


def _save_level(one: LevelInput, step: Step) -> Level:
    values: dict[str, Any] = {
        "name": one.name,
        "name_en": one.name_en,
        "rank": step.rank,
        "threshold": one.threshold,
        "keep": one.keep,
        "surface": one.surface,
    }
    if one.id is None:
        level = Level(code=one.code, program_id=1, **values)
        level.full_clean(validate_constraints=False)
        level.save()
        return level
    # The code is what rules and tills know the level by: it stays.
    Level.objects.filter(pk=one.id).update(**values)
    return Level.objects.get(pk=one.id)


def with_thresholds(given: dict[str, int], *, rules: dict[str, Any] | None = None) -> Ladder:
    """The ladder in force with other thresholds (by code) and rules, to be tried.

    Raises `LadderRefused`, also for a code that no level has.
    """
    now = found_ladder.current()
    if now is None or set(given) - {step.code for step in now.steps}:
        raise LadderRefused("no_levels")
    steps = tuple(
        replace(step, threshold=given.get(step.code, step.threshold)) for step in now.steps
    )
    for problem in ladders.problems(steps):
        raise LadderRefused(problem.code, field=problem.field, place=problem.place)
    return Ladder(replace(now.rules, **(rules or {})), steps)


__all__ = ["LadderInput", "LevelInput", "Rules", "save", "trial", "with_thresholds"]
