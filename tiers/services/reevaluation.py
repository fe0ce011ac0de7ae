"""The night's look at every level: down, kept, warned, and up where nothing else has done it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from points.services import batch
from points.services.rows import chunks
from tiers.models import Standing
from tiers.policies.ladders import Ladder
from tiers.policies.windows import Window
from tiers.selectors import due
from tiers.selectors import ladder as ladders
from tiers.services.climbing import Climb, day_of

ACTOR = "reevaluate_tiers"
_LOCKED_AT_ONCE = 1000


@dataclass(slots=True)
class Report:
    """How many members were looked at and changed, and what happened how often."""

    members: int = 0
    changed: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, int]:
        return {"members": self.members, "changed": self.changed, **self.by_reason}


def run(
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
    window: int = due.IDS_AT_ONCE,
) -> Report:
    """Decide every level that is due on the day of `now`.

    Each window of members is searched in one statement; whoever is due is decided again under
    the lock of the account, a thousand in a transaction, so that a purchase at the same instant
    is either seen or comes after. Killed, it goes on with whoever is still due; run twice, the
    second finds nothing.
    """
    report = Report()
    ladder = ladders.current()
    if ladder is None:
        return report
    _without_periods(ladder)
    ranges = due.windows(window)
    for place, (first, last) in enumerate(ranges, start=1):
        found = due.due(ladder, first, last, on=day_of(now))
        for ids in chunks(found, _LOCKED_AT_ONCE):
            _decide(ids, now, report)
        progress(place, len(ranges))
    return report


def _decide(ids: list[int], now: datetime, report: Report) -> None:
    with transaction.atomic():
        batch.lock(ids, at=now)
        climb = Climb(at=now, actor=ACTOR).load(ids)
        report.members += len(ids)
        report.changed += climb.settle()
        climb.save()
    for climber in climb.climbers.values():
        for _before, change in climber.changes:
            why = change.why.value
            report.by_reason[why] = report.by_reason.get(why, 0) + 1


def _without_periods(ladder: Ladder) -> None:
    """Periods of a ladder that had them go when it has them no more."""
    if ladder.rules.window is Window.LIFETIME:
        Standing.objects.filter(by=Standing.By.GROWTH, valid_until__isnull=False).update(
            valid_until=None, counts_from=None, counts_until=None, grace_until=None, is_warned=False
        )
