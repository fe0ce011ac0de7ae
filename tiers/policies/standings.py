"""What becomes of a member's level: up at once, kept or lost when its period ends."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from tiers.policies.ladders import Fall, Ladder, Step
from tiers.policies.windows import carried_days, ends_on, next_end, starts_on


class By(StrEnum):
    """What a level is held by."""

    GROWTH = "growth"
    INVITATION = "invitation"
    STAFF = "staff"


class Why(StrEnum):
    """What happened to a standing."""

    RAISED = "raised"
    KEPT = "kept"
    WARNED = "warned"
    GRACE = "grace"
    FELL = "fell"
    ENDED = "ended"
    UNDONE = "undone"
    INVITED = "invited"
    GIVEN = "given"
    MERGED = "merged"
    # Only the period is set, because the ladder has periods now; no history.
    DATED = "dated"


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's level. `counts_from` and `counts_until` are the first and the last day whose
    growth counts for keeping it: the period, and the grace that was promised when it began."""

    level_id: int
    since: date
    by: By = By.GROWTH
    valid_until: date | None = None
    counts_from: date | None = None
    counts_until: date | None = None
    grace_until: date | None = None
    is_warned: bool = False
    cause: str = ""
    before_id: int | None = None


class Sums(NamedTuple):
    """Growth of the windows that a standing is decided by.

    `growth` of the window that ends today; `keeping` since `counts_from` until the end of the
    period and its grace; `carried` of the year before, whose levels last through this one.
    """

    growth: int = 0
    keeping: int = 0
    carried: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A standing that changes, and why; `growth` is what it was decided by."""

    why: Why
    standing: Standing
    growth: int
    cause: str = ""


def start(ladder: Ladder, on: date) -> Standing:
    """How everybody begins."""
    return Standing(level_id=ladder.lowest.id, since=on)


def reached(
    ladder: Ladder,
    to: Step,
    *,
    on: date,
    cause: str = "",
    before: Step | None = None,
    by: By = By.GROWTH,
) -> Standing:
    """A standing on `to`, reached on this day, with its period."""
    end = None if to == ladder.lowest else ends_on(ladder.rules.window, on)
    own = Standing(
        level_id=to.id,
        since=on,
        by=by,
        cause=cause,
        before_id=None if before is None else before.id,
    )
    return through(ladder, own, end)


def through(ladder: Ladder, now: Standing, end: date | None) -> Standing:
    """The same standing with a period that ends on this day, and the grace after it."""
    grace = timedelta(days=ladder.rules.grace_days)
    return replace(
        now,
        valid_until=end,
        counts_from=None if end is None else starts_on(ladder.rules.window, end),
        counts_until=None if end is None else end + grace,
        grace_until=None,
        is_warned=False,
    )


def decide(
    ladder: Ladder, now: Standing, sums: Sums, *, on: date, cause: str = ""
) -> Change | None:
    """What this day's sums make of a standing; None when everything stays.

    Up at once, whatever holds the level; down only when a period and its grace are over. Asked
    again with the same sums, a standing that was changed answers None.
    """
    step = ladder.at(now.level_id)
    risen = _risen(ladder, step, sums, on, cause)
    if risen is not None or step == ladder.lowest:
        return risen
    if now.by is By.INVITATION or step.threshold is None:
        return _invited(ladder, now, sums, on)
    if now.valid_until is None:
        return _dated(ladder, now, step, sums, on)
    if on <= now.valid_until:
        return _near(ladder, now, step, sums, on)
    if max(sums.keeping, sums.growth) >= step.keeps_from:
        kept = _renewed(ladder, now, on)
        return Change(Why.KEPT, kept, max(sums.keeping, sums.growth), cause)
    return _ended(ladder, now, step, sums, on)


def _risen(ladder: Ladder, step: Step, sums: Sums, on: date, cause: str) -> Change | None:
    target, before = ladder.by_growth(sums.growth), ladder.by_growth(sums.carried)
    growth, day = sums.growth, on
    carried = carried_days(ladder.rules.window, on)
    if carried is not None and before.rank > target.rank:
        # What last year has reached lasts through this year, however late we hear of it.
        target, growth, day = before, sums.carried, carried[1]
    if target.rank <= step.rank:
        return None
    risen = reached(ladder, target, on=day, cause=cause, before=step)
    return Change(Why.RAISED, replace(risen, since=on), growth, cause)


def _invited(ladder: Ladder, now: Standing, sums: Sums, on: date) -> Change | None:
    if now.valid_until is None or on <= now.valid_until:
        return None
    to = ladder.by_growth(sums.growth)
    return Change(Why.ENDED, reached(ladder, to, on=on), sums.growth)


def _dated(ladder: Ladder, now: Standing, step: Step, sums: Sums, on: date) -> Change | None:
    """A level without an end gets one when the ladder has periods."""
    end = ends_on(ladder.rules.window, on)
    if now.by is not By.GROWTH or end is None:
        return None
    return Change(Why.DATED, through(ladder, now, end), sums.growth)


def _near(ladder: Ladder, now: Standing, step: Step, sums: Sums, on: date) -> Change | None:
    days = ladder.rules.warn_days
    if now.is_warned or not days or now.valid_until is None or sums.keeping >= step.keeps_from:
        return None
    if on < now.valid_until - timedelta(days=days):
        return None
    return Change(Why.WARNED, replace(now, is_warned=True), sums.keeping)


def _renewed(ladder: Ladder, now: Standing, on: date) -> Standing:
    """The next period; however long nobody looked, it reaches the present."""
    end = now.valid_until
    while end is not None and end < on:
        end = next_end(ladder.rules.window, end)
    return through(ladder, replace(now, by=By.GROWTH, cause="", before_id=None), end)


def _ended(ladder: Ladder, now: Standing, step: Step, sums: Sums, on: date) -> Change | None:
    """The period is over and the growth is not enough: grace, and after it down."""
    if now.counts_until is not None and on <= now.counts_until:
        if now.grace_until is not None:
            return None
        return Change(Why.GRACE, replace(now, grace_until=now.counts_until), sums.keeping)
    to = ladder.by_growth(max(sums.growth, sums.keeping))
    if ladder.rules.fall is Fall.ONE:
        to = max(to, ladder.below(step), key=lambda each: each.rank)
    return Change(Why.FELL, reached(ladder, to, on=on), sums.keeping)


def undo(ladder: Ladder, now: Standing, sums: Sums, *, returned: str, on: date) -> Change | None:
    """Take a level back at once when the very purchase that reached it is returned.

    Only if the merchant wants it, only a level that growth has reached and does not reach any
    more, and never below the level that the member had before.
    """
    step, growth = ladder.at(now.level_id), max(sums.growth, sums.carried)
    is_its_purchase = bool(returned) and now.by is By.GROWTH and now.cause == returned
    if not (ladder.rules.undo_returned and is_its_purchase) or growth >= (step.threshold or 0):
        return None
    back = max(ladder.by_growth(growth), ladder.at(now.before_id), key=lambda each: each.rank)
    if back.rank >= step.rank:
        return None
    return Change(Why.UNDONE, reached(ladder, back, on=on), growth, returned)
