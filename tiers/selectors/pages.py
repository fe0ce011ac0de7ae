"""A member's level as pages and the API show it: where one stands, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from tiers.models import Level, Standing
from tiers.policies import standings
from tiers.policies.growth import whole
from tiers.policies.ladders import Basis, Ladder, Rules, Step
from tiers.policies.standings import By, Sums
from tiers.policies.windows import Window
from tiers.selectors import benefits, sums
from tiers.selectors import ladder as ladders
from tiers.selectors.benefits import Told


@dataclass(frozen=True, slots=True)
class Mine:
    """Where a member stands on this day.

    `missing` is the growth to the next level, `keep_missing` what is missing to keep this one
    until `keep_by`; None where nothing is to be reached or kept.
    """

    level: Level
    next: Level | None
    standing: standings.Standing
    rules: Rules
    growth: int
    missing: int | None
    keep_from: int | None
    keep_growth: int
    keep_missing: int | None
    keep_by: date | None

    @property
    def in_yuan(self) -> bool:
        """Whether growth is money rather than points."""
        return self.rules.basis is Basis.SPENT

    @property
    def in_grace(self) -> bool:
        return self.standing.grace_until is not None

    @property
    def goal(self) -> int:
        """The growth of the next level; that of one's own at the top."""
        target = self.next or self.level
        return target.threshold or max(self.growth, 1)

    @property
    def is_year(self) -> bool:
        return self.rules.window is Window.YEAR

    @property
    def is_rolling(self) -> bool:
        return self.rules.window is Window.ROLLING

    @property
    def is_by_invitation(self) -> bool:
        return self.standing.by is By.INVITATION


@dataclass(frozen=True, slots=True)
class Compared:
    """A kind of benefit over all levels: what each gives of it, "" where it gives none."""

    name: str
    texts: Sequence[str]


def mine(member_id: int, *, on: date) -> Mine | None:
    """Where the member stands; None while there are no levels. Three queries."""
    ladder = ladders.current()
    if ladder is None:
        return None
    levels = {level.pk: level for level in ladders.levels()}
    held = sums.of_members(ladder, [member_id], on=on)[member_id]
    standing = held.standing or standings.start(ladder, on)
    found = Sums(*(whole(units) for units in (held.growth, held.keeping, held.carried)))
    step = ladder.at(standing.level_id)
    above = ladder.above(step)
    keep = _keeping(ladder, standing, step)
    return Mine(
        level=levels[step.id],
        next=levels[above.id] if above else None,
        standing=standing,
        rules=ladder.rules,
        growth=found.growth,
        missing=max((above.threshold or 0) - found.growth, 0) if above else None,
        keep_from=keep,
        keep_growth=found.keeping,
        keep_missing=None if keep is None else max(keep - found.keeping, 0),
        keep_by=None if keep is None else standing.grace_until or standing.valid_until,
    )


def _keeping(ladder: Ladder, standing: standings.Standing, step: Step) -> int | None:
    """What growth keeps this level; None where it needs none."""
    is_kept = standing.by is not By.INVITATION and standing.valid_until is not None
    return step.keeps_from if is_kept and step != ladder.lowest else None


def compared(levels: Sequence[Level], *, at: datetime) -> list[Compared]:
    """What all levels give, one kind after the other; kinds that none gives are left out."""
    told = benefits.told(levels, at=at)
    names: dict[str, str] = {}
    for code in told:
        names |= {one.kind: one.name for one in told[code] if one.kind not in names}
    return [
        Compared(name, [_text(told[level.code], kind) for level in levels])
        for kind, name in names.items()
    ]


def _text(given: Sequence[Told], kind: str) -> str:
    return ", ".join(one.text for one in given if one.kind == kind)


def counts() -> dict[int, int]:
    """How many members hold each level, by its id. One query."""
    rows = Standing.objects.values_list("level_id").annotate(members=Count("pk"))
    return dict(rows)
