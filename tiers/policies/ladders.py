"""The merchant's ladder of levels: which growth reaches which, and what it is reckoned from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tiers.policies.windows import Window

SCALE = 10_000
"""Growth is summed in ten-thousandths, as exactly as money is kept; a whole one is a unit."""

THRESHOLD_MAX = 10**12
LEVELS_MAX = 12
DAYS_MAX = 366


class Basis(StrEnum):
    """What growth is reckoned from."""

    SPENT = "spent"
    EARNED = "earned"
    BOUGHT = "bought"


class Fall(StrEnum):
    """How far a member falls whose growth does not keep the level."""

    ONE = "one"
    GROWTH = "growth"


@dataclass(frozen=True, slots=True)
class Step:
    """One level. `threshold` None: by invitation only. `keep` None: as much as to reach it."""

    id: int
    code: str
    rank: int
    threshold: int | None
    keep: int | None = None

    @property
    def keeps_from(self) -> int:
        """The growth with which a member keeps this level."""
        return (self.threshold or 0) if self.keep is None else self.keep


@dataclass(frozen=True, slots=True)
class Rules:
    """How the ladder is climbed and kept."""

    basis: Basis = Basis.SPENT
    window: Window = Window.ROLLING
    fall: Fall = Fall.ONE
    grace_days: int = 0
    warn_days: int = 30
    undo_returned: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels in their order, lowest first; at least one, and the lowest is from 0."""

    rules: Rules
    steps: tuple[Step, ...]
    _by_id: dict[int, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {step.id: step for step in self.steps})

    @property
    def lowest(self) -> Step:
        return self.steps[0]

    def at(self, level_id: int | None) -> Step:
        """The level with this id; the lowest for one that nobody knows."""
        return self._by_id.get(level_id, self.lowest) if level_id is not None else self.lowest

    def by_growth(self, growth: int) -> Step:
        """The highest level that this growth reaches."""
        reached = [step for step in self.open if (step.threshold or 0) <= growth]
        return reached[-1] if reached else self.lowest

    def below(self, step: Step) -> Step:
        """The next lower level that growth can reach."""
        lower = [other for other in self.open if other.rank < step.rank]
        return lower[-1] if lower else self.lowest

    def above(self, step: Step) -> Step | None:
        """The next higher level that growth can reach."""
        return next((other for other in self.open if other.rank > step.rank), None)

    def passed(self, low: Step, high: Step) -> list[Step]:
        """The levels that a member gets who rises from `low` to `high`: none is left out."""
        between = [step for step in self.open if low.rank < step.rank < high.rank]
        return [*between, high]

    @property
    def open(self) -> list[Step]:
        """The levels that growth can reach."""
        return [step for step in self.steps if step.threshold is not None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a ladder: a code, and the place of the level (None: of the whole)."""

    code: str
    place: int | None = None
    field: str = "threshold"


def problems(steps: Sequence[Step]) -> Iterator[Problem]:
    """Everything that contradicts in these levels, which stand in their order."""
    if not steps:
        yield Problem("no_levels")
        return
    if len(steps) > LEVELS_MAX:
        yield Problem("too_many_levels")
    if steps[0].threshold != 0:
        yield Problem("lowest_not_zero", 0)
    codes: set[str] = set()
    before = -1
    for place, step in enumerate(steps):
        if step.code in codes:
            yield Problem("code_twice", place, "code")
        codes.add(step.code)
        yield from _figures(step, place, before)
        before = before if step.threshold is None else step.threshold


def _figures(step: Step, place: int, before: int) -> Iterator[Problem]:
    if step.threshold is None:
        if step.keep is not None:
            yield Problem("keep_without_threshold", place, "keep")
        return
    if place and step.threshold <= before:
        yield Problem("not_rising", place)
    if not 0 <= step.threshold <= THRESHOLD_MAX:
        yield Problem("threshold_range", place)
    if step.keep is not None and not 0 <= step.keep <= step.threshold:
        yield Problem("keep_above_threshold", place, "keep")
