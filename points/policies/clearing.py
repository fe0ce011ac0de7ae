"""Which lots a clearing takes, and who has to be told before. No Django, no clock, no query.

docs/algorithms/clearing.md tells the same in prose, with worked cases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from points.policies import start_of_day

STAGES = (60, 30, 7, 1)
"""Days ahead at which members are reminded, unless the merchant says otherwise (F69)."""

REQUIRED = (30, 7)
"""Days ahead at which members must have been told before an ordered clearing takes anything."""

STAGE_MAX = 366

Basis = Literal["lapsed", "earned"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a clearing takes: all of it open, none of it reserved by a checkout.

    `lapsed`: lots whose own validity had ended at `cutoff_at`, whatever rule gave it to them
    (rolling, fixed, end of a year or quarter). `earned`: lots without an end that were earned
    from `earned_from` (None: ever) to before `earned_before`; the merchant ordered that they end
    at `cutoff_at`. A lot that was given a day of its own keeps it, as the law asks. With
    `store_id`: only lots that this store bears.
    """

    basis: Basis
    cutoff_at: datetime
    earned_from: datetime | None = None
    earned_before: datetime | None = None
    store_id: int | None = None

    def __post_init__(self) -> None:
        if self.basis == "earned" and self.earned_before is None:
            raise ValueError("an ordered clearing says up to when the points were earned")

    def deadline(self, expires_at: datetime) -> datetime:
        """From when a lot that this takes no longer counts: what its reminders were about."""
        return expires_at if self.basis == "lapsed" else self.cutoff_at


def ends_after(last_day: date, zone: ZoneInfo) -> datetime:
    """The instant at which points stop counting that count through `last_day`."""
    return start_of_day(last_day + timedelta(days=1), zone)


def earned_in_days(
    first: date | None, last: date, zone: ZoneInfo
) -> tuple[datetime | None, datetime]:
    """From when, and before when, something was earned from `first` through `last`."""
    return None if first is None else start_of_day(first, zone), ends_after(last, zone)


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the quarter in which `day` lies."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    beyond = date(day.year + (first.month == 10), (first.month + 2) % 12 + 1, 1)
    return first, beyond - timedelta(days=1)


def days_left(deadline: datetime, today: date, zone: ZoneInfo) -> int:
    """Whole days from `today` to the first day on which the points no longer count.

    What ends with 31 December has 30 days left on 2 December. A deadline within a day counts
    as that day's.
    """
    return (deadline.astimezone(zone).date() - today).days


def stage_of(left: int, stages: Iterable[int]) -> int | None:
    """The reminder that is due when `left` days are left: the nearest that is not yet past.

    A day on which nothing ran therefore costs nobody a reminder: it is caught up as long as the
    next one is not due.
    """
    return min((stage for stage in stages if stage >= left), default=None)


def owed(deadline: datetime, usable_at: datetime, required: Sequence[int]) -> list[int]:
    """The reminders without which a lot may not be cleared.

    Points that came so late that a reminder's day was over do not owe that reminder: they were
    granted with their end in sight.
    """
    return [stage for stage in required if usable_at <= deadline - timedelta(days=stage)]


def was_told(
    deadline: datetime,
    usable_at: datetime,
    *,
    required: Sequence[int],
    late_days: int,
    given: Mapping[int, int],
) -> bool:
    """Whether every owed reminder was given, at most `late_days` after its day.

    `given`: the reminders of this deadline with the days that were left. The stored function
    `points_was_told` says the same; the tests of clearings run through either.
    """
    return all(
        given.get(stage, -1) >= stage - late_days for stage in owed(deadline, usable_at, required)
    )


def days_of(text: str) -> tuple[int, ...]:
    """`60, 30, 7` as numbers, each once, the farthest first. Raises `ValueError`."""
    numbers = {int(part) for part in text.replace("\uff0c", ",").split(",") if part.strip()}
    if not all(1 <= number <= STAGE_MAX for number in numbers):
        raise ValueError(text)
    return tuple(sorted(numbers, reverse=True))
