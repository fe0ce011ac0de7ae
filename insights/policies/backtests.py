"""What a draft would have changed: two programs judge the same purchases, side by side.

Pure. Members come one after the other, each with their purchases in order of time; what is kept
is sums, and the few members with the largest differences.
"""

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from campaigns.policies import judging, returns
from campaigns.policies.matching import Used
from campaigns.policies.occasions import Occasion
from campaigns.policies.periods import period_start
from campaigns.policies.programs import Program
from campaigns.policies.returns import SoldLine

EXTREMES = 10
_ALL = "all"

CounterKey = tuple[str, str, str, date]


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase to be judged, or a return without its sale; `lines` with what came back."""

    member_id: int
    store_id: int
    occasion: Occasion
    lines: tuple[SoldLine, ...]
    is_return: bool = False


@dataclass(slots=True)
class Tally:
    """Points of one program: earned, and taken back by returns."""

    earned: int = 0
    taken: int = 0

    @property
    def net(self) -> int:
        return self.earned - self.taken

    def add(self, earned: int, taken: int) -> None:
        self.earned += earned
        self.taken += taken

    def as_json(self) -> dict[str, int]:
        return {"earned": self.earned, "taken": self.taken, "net": self.net}


@dataclass(slots=True)
class Pair:
    """The same purchases under the live program and under the draft."""

    live: Tally = field(default_factory=Tally)
    draft: Tally = field(default_factory=Tally)
    receipts: int = 0
    base: int = 0

    @property
    def change(self) -> int:
        return self.draft.net - self.live.net

    def as_json(self) -> dict[str, Any]:
        return {
            "receipts": self.receipts,
            "live": self.live.as_json(),
            "draft": self.draft.as_json(),
            "change": self.change,
        }


@dataclass(slots=True)
class Result:
    """Everything that the report shows. `worst` and `best` are (change, member, live, draft)."""

    total: Pair = field(default_factory=Pair)
    by_tier: dict[str, Pair] = field(default_factory=dict)
    by_store: dict[int, Pair] = field(default_factory=dict)
    by_category: dict[str, Pair] = field(default_factory=dict)
    members: int = 0
    better: int = 0
    worse: int = 0
    best: list[tuple[int, int, int, int]] = field(default_factory=list)
    worst: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: int = 0


class Counters:
    """What the limits of one program have counted in this back-test.

    A member's are forgotten when the next member comes; what is common to all stays.
    """

    def __init__(self, program: Program) -> None:
        self._limits = [limit for limit in program.limits if limit.scope != "order"]
        self._common: dict[CounterKey, list[int]] = {}
        self._own: dict[CounterKey, list[int]] = {}

    def forget_member(self) -> None:
        self._own = {}

    def used(self, day: date) -> Used:
        used: Used = {}
        for limit in self._limits:
            key = (limit.rule, limit.scope, limit.period, period_start(limit.period, day))
            counted = self._of(limit.scope).get(key)
            if counted is not None:
                used[key[:3]] = (counted[0], counted[1])
        return used

    def count(self, explanation: Mapping[str, Any], day: date) -> None:
        gave = dict(explanation.get("gave", ()))
        for rule, scope, period in explanation.get("counted", ()):
            key = (rule, scope, period, period_start(period, day))
            counted = self._of(scope).setdefault(key, [0, 0])
            counted[0] += 1
            counted[1] += gave.get(rule, 0) if rule else explanation["result"]

    def _of(self, scope: str) -> dict[CounterKey, list[int]]:
        return self._common if scope == _ALL else self._own


class Backtest:
    """Judges purchases by both programs and sums up; `add` one member after the other."""

    def __init__(self, *, live: Program | None, draft: Program) -> None:
        self.live = live
        self.draft = draft
        self.result = Result()
        self._live_counters = Counters(live) if live is not None else None
        self._draft_counters = Counters(draft)

    def add(self, purchases: Iterable[Bought]) -> None:
        """All purchases of one member in the period, in order of time."""
        if self._live_counters is not None:
            self._live_counters.forget_member()
        self._draft_counters.forget_member()
        live = draft = 0
        member_id = None
        for one in purchases:
            member_id = one.member_id
            now = self._judge(self.live, self._live_counters, one)
            then = self._judge(self.draft, self._draft_counters, one)
            self._sum(one, now, then)
            live += now.earned - now.taken
            draft += then.earned - then.taken
        if member_id is not None:
            self._note_member(member_id, live, draft)

    def _judge(self, program: Program | None, counters: Counters | None, one: Bought) -> "_Outcome":
        if program is None or counters is None:
            return _Outcome(0, 0, {})
        if one.is_return:
            judgement = judging.judge_return(program, one.occasion)
            lines = {no: (0, got) for part in judgement.parts for no, got in part.lines}
            return _Outcome(0, judgement.points, lines)
        day = one.occasion.at.date()
        judgement = judging.judge(program, one.occasion, counters.used(day))
        counters.count(judgement.explanation, day)
        self.result.faults += bool(judgement.faults)
        return _outcome(judgement, one)

    def _sum(self, one: Bought, now: "_Outcome", then: "_Outcome") -> None:
        result = self.result
        tier = one.occasion.person.tier
        for pair in (
            result.total,
            result.by_tier.setdefault(tier, Pair()),
            result.by_store.setdefault(one.store_id, Pair()),
        ):
            pair.receipts += 1
            pair.live.add(now.earned, now.taken)
            pair.draft.add(then.earned, then.taken)
        if not one.is_return:
            result.total.base += sum(line.amount for line in one.occasion.lines)
        seen = set()
        for line in one.occasion.lines:
            category = line.category[0] if line.category else ""
            pair = result.by_category.setdefault(category, Pair())
            pair.live.add(*now.lines.get(line.line_no, (0, 0)))
            pair.draft.add(*then.lines.get(line.line_no, (0, 0)))
            if category not in seen:
                seen.add(category)
                pair.receipts += 1

    def _note_member(self, member_id: int, live: int, draft: int) -> None:
        result, change = self.result, draft - live
        result.members += 1
        result.better += change > 0
        result.worse += change < 0
        if change > 0:
            _keep(result.best, (change, -member_id, live, draft))
        elif change < 0:
            _keep(result.worst, (-change, -member_id, live, draft))


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Points of one receipt; `lines` has (earned, taken) by line number."""

    earned: int
    taken: int
    lines: Mapping[int, tuple[int, int]]


def _outcome(judgement: judging.Judgement, one: Bought) -> _Outcome:
    lines: dict[int, tuple[int, int]] = {}
    for part in judgement.parts:
        for no, got in part.lines:
            lines[no] = (lines.get(no, (0, 0))[0] + got, 0)
    taken = 0
    if any(line.returned for line in one.lines):
        taken = _take_back(judgement, one, lines)
    return _Outcome(judgement.points, taken, lines)


def _take_back(judgement: judging.Judgement, one: Bought, lines: dict[int, tuple[int, int]]) -> int:
    """As the returns of this sale have been by now; line by line, as the real ones."""
    total = 0
    for part in judgement.parts:
        own = dict(part.lines)
        for line in one.lines:
            got = own.get(line.line_no, 0)
            if got and line.returned:
                back = returns.share_of(got, line.quantity, line.returned)
                earned, taken = lines[line.line_no]
                lines[line.line_no] = (earned, taken + back)
                total += back
    return total


def _keep(extremes: list[tuple[int, int, int, int]], one: tuple[int, int, int, int]) -> None:
    """Keep the few largest in a heap; the member's id breaks ties the same way every time."""
    if len(extremes) < EXTREMES:
        heapq.heappush(extremes, one)
    elif one > extremes[0]:
        heapq.heapreplace(extremes, one)
