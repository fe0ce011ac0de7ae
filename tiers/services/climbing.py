"""Growth and levels of the members of one batch, in the transaction that moves their points.

Up at once: a purchase that reaches a level reaches it in its own transaction, and the next
purchase of the same batch finds it. Nothing here lowers a level for want of growth; that is the
nightly job's, after a period and its grace (`reevaluation`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from tiers.policies import standings
from tiers.policies.growth import NOTHING, Figures, Movement, whole
from tiers.policies.ladders import Ladder
from tiers.policies.standings import Change, Standing, Sums, Why
from tiers.policies.windows import carried_days, starts_on
from tiers.selectors import ladder as ladders
from tiers.selectors import sums
from tiers.services import gifts, writing

# What a purchase may do to a level; the rest waits for the night.
_AT_ONCE = frozenset({Why.RAISED, Why.KEPT})


def day_of(at: datetime) -> date:
    """The day of the shop's zone on which growth of this instant counts."""
    return at.astimezone(timezone.get_default_timezone()).date()


@dataclass(slots=True)
class Climber:
    """One member of the batch: the standing as it becomes, and the sums that decide it."""

    member_id: int
    standing: Standing
    units: list[int]
    is_new: bool = False
    is_changed: bool = False
    changes: list[tuple[Standing, Change]] = field(default_factory=list)

    @property
    def sums(self) -> Sums:
        return Sums(*(whole(units) for units in self.units))


class Climb:
    """The levels of a batch. Load it under the lock of the members' accounts, then note what
    happens in its order, then save. `is_live=False` for purchases of long ago, of which nobody
    is told.

    Queries: 2 to load (1 while there are no levels), 1 to save growth; more only when a level
    changes. None of them grows with members or movements.
    """

    def __init__(self, *, at: datetime, actor: str, is_live: bool = True) -> None:
        self.at = at
        self.actor = actor
        self.is_live = is_live
        self.today = day_of(at)
        self.ladder: Ladder | None = None
        self.climbers: dict[int, Climber] = {}
        self._days: dict[tuple[int, date], Figures] = {}

    def load(self, member_ids: Iterable[int]) -> "Climb":
        """Read the ladder and where these members stand. Their accounts have to be locked if
        anything is to be saved."""
        self.ladder = ladders.current()
        ids = sorted(set(member_ids))
        if self.ladder is not None and ids:
            found = sums.of_members(self.ladder, ids, on=self.today)
            self.climbers = {pk: self._climber(self.ladder, pk, found.get(pk)) for pk in ids}
        return self

    def level_code(self, member_id: int | None) -> str:
        """The code of the level that the member has at this moment of the batch; "" for none."""
        climber = self.climbers.get(member_id) if member_id is not None else None
        if climber is None or self.ladder is None:
            return ""
        return self.ladder.at(climber.standing.level_id).code

    def note(self, movement: Movement) -> None:
        """Count what happened; the member may rise by it, or lose what a returned purchase gave."""
        if movement.figures == NOTHING:
            return
        key = (movement.member_id, movement.day)
        self._days[key] = self._days.get(key, NOTHING).plus(movement.figures)
        climber = self.climbers.get(movement.member_id)
        if self.ladder is None or climber is None:
            return
        self._count(self.ladder, climber, movement)
        change = self._at_once(self.ladder, climber, movement)
        if change is not None:
            self._apply(climber, change)

    def settle(self) -> int:
        """Decide everything that is due, down as well as up; returns how many changed. For the
        nightly job."""
        if self.ladder is None:
            return 0
        for climber in self.climbers.values():
            change = standings.decide(self.ladder, climber.standing, climber.sums, on=self.today)
            if change is not None:
                self._apply(climber, change)
        return sum(climber.is_changed for climber in self.climbers.values())

    def put(self, member_id: int, change: Change) -> None:
        """Set a member's standing by a decision of a person."""
        self._apply(self.climbers[member_id], change)

    def save(self, *, reasons: dict[int, str] | None = None) -> None:
        """Write growth, standings and history, and give what the new levels give at once."""
        writing.add_days(self._days)
        if self.ladder is None:
            return
        touched = [c for c in self.climbers.values() if c.is_changed or c.is_new]
        writing.put_standings([(c.member_id, c.standing) for c in touched], at=self.at)
        told = [(c.member_id, one) for c in touched for one in c.changes]
        changes = writing.put_changes(told, at=self.at, actor=self.actor, reasons=reasons or {})
        gifts.settle(self.ladder, changes, at=self.at, actor=self.actor)
        writing.tell(changes, at=self.at, is_live=self.is_live)

    def _climber(self, ladder: Ladder, member_id: int, held: sums.Held | None) -> Climber:
        if held is None:  # a member of a dry run
            return Climber(member_id, standings.start(ladder, self.today), [0, 0, 0], is_new=True)
        standing = held.standing or standings.start(ladder, self.today)
        units = [held.growth, held.keeping, held.carried]
        return Climber(member_id, standing, units, is_new=held.standing is None)

    def _count(self, ladder: Ladder, climber: Climber, movement: Movement) -> None:
        units = movement.figures.units(ladder.rules.basis)
        for place, (first, last) in enumerate(self._windows(ladder, climber.standing)):
            if first <= movement.day <= last:
                climber.units[place] += units

    def _windows(self, ladder: Ladder, now: Standing) -> list[tuple[date, date]]:
        """The days of the three sums, as the statement counts them."""
        never = (date.max, date.min)
        kept = never
        if now.counts_from is not None and now.counts_until is not None:
            kept = (now.counts_from, now.counts_until)
        window = ladder.rules.window
        return [
            (starts_on(window, self.today), date.max),
            kept,
            carried_days(window, self.today) or never,
        ]

    def _at_once(self, ladder: Ladder, climber: Climber, movement: Movement) -> Change | None:
        now, found = climber.standing, climber.sums
        if movement.returns:
            return standings.undo(ladder, now, found, returned=movement.returns, on=self.today)
        change = standings.decide(ladder, now, found, on=self.today, cause=movement.cause)
        return change if change is not None and change.why in _AT_ONCE else None

    @staticmethod
    def _apply(climber: Climber, change: Change) -> None:
        climber.changes.append((climber.standing, change))
        climber.standing = change.standing
        climber.is_changed = True
