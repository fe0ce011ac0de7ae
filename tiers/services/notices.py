"""What members are told of their level."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse

from notifications.models import Notice
from notifications.services import noting
from notifications.services.telling import Fact
from tiers.models import Level, StandingChange

_WHY = StandingChange.Why
# What staff merged is no news to the member.
_UNTOLD = (_WHY.KEPT, _WHY.MERGED)
_WARNINGS = (_WHY.WARNED, _WHY.GRACE)


def tell(changes: Sequence[StandingChange], *, at: datetime) -> None:
    """Note for each member what became of their level. Two statements, none where nothing did."""
    told = [
        change
        for change in changes
        if change.why not in _UNTOLD
        and (change.before_id != change.after_id or change.why in _WARNINGS)
    ]
    if not told:
        return
    levels = Level.objects.in_bulk({pk for one in told for pk in (one.before_id, one.after_id)})
    noting.note(list(_facts(told, levels, at)), at=at)


def _facts(
    changes: Sequence[StandingChange], levels: dict[int, Level], at: datetime
) -> Iterator[Fact]:
    for number, change in enumerate(changes):
        before, after = levels[change.before_id], levels[change.after_id]
        needed = after.keep if after.keep is not None else after.threshold
        context = {
            "level": noting.named(after.name, after.name_en),
            "before": noting.named(before.name, before.name_en),
            "until": change.until.isoformat() if change.until else None,
            "missing": max((needed or 0) - change.growth, 0),
        }
        yield Fact(
            member_id=change.member_id,
            kind=Notice.Kind.TIER,
            event=_event(change, before, after),
            reference=f"tier:{at.isoformat()}:{number}",
            context=context,
            link=reverse("tiers:mine"),
        )


def _event(change: StandingChange, before: Level, after: Level) -> str:
    if change.why == _WHY.WARNED:
        return "warned"
    if change.why == _WHY.GRACE:
        return "grace"
    return "up" if after.rank > before.rank else "down"
