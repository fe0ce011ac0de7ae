"""What an occasion earns under a program: pure, exact, and told as data.

The explanation holds every fact that the rules looked at and every step of the arithmetic, so
that the result can be computed again from it alone (I21), and told to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from campaigns.policies import granting, matching, occasions
from campaigns.policies.granting import Cut, Gain, Grant, Multiplier
from campaigns.policies.matching import Basket, Unmet, Used
from campaigns.policies.numbers import plain, unscaled
from campaigns.policies.occasions import PURCHASE, Occasion
from campaigns.policies.periods import Validity
from campaigns.policies.programs import (
    FACTOR_SCALE,
    FIXED,
    MULTIPLYING,
    PER_BLOCK,
    PER_ITEM,
    Limit,
    Program,
    Rule,
    Timing,
)

EARNED, UNLINKED = "earned", "unlinked_return"
_CENT = Decimal("0.0001")


class Part(NamedTuple):
    """Points that are granted together: one lot. `lines` are (line number, points)."""

    points: int
    usable_at: datetime | None
    expires_at: datetime | None
    lines: tuple[tuple[int, int], ...]


class RuleFault(NamedTuple):
    """A rule that could not be evaluated; `rule` is its key."""

    rule: str
    error: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an occasion earns. `gave` says which rule gave how many of the points."""

    points: int
    base: Decimal
    parts: tuple[Part, ...]
    gave: Mapping[str, int]
    faults: tuple[RuleFault, ...]
    explanation: dict[str, Any]


NOTHING_USED: Used = {}


def missing_parts(parts: Sequence[Part], had: Sequence[Mapping[str, Any]]) -> list[Part]:
    """What is to be granted on top of the parts that were granted before.

    Each part that has grown, or is new, is made up for with its own validity. Should one have
    become smaller, the whole difference goes into one lot with the validity of the first.
    """
    before = {(one.get("usable_at"), one.get("expires_at")): one["points"] for one in had}
    more = []
    for part in parts:
        gone = before.pop(times_key(part), 0)
        if part.points != gone:
            more.append(part._replace(points=part.points - gone, lines=()))
    if all(part.points > 0 for part in more) and not before:
        return more
    total = sum(part.points for part in parts) - sum(one["points"] for one in had)
    return [parts[0]._replace(points=total, lines=())] if total > 0 else []


def times_key(part: Part) -> tuple[str | None, str | None]:
    """When a part is usable and until when it counts, as an explanation writes it."""
    usable, expires = part.usable_at, part.expires_at
    return usable.isoformat() if usable else None, expires.isoformat() if expires else None


def judge(program: Program, occasion: Occasion, used: Used = NOTHING_USED) -> Judgement:
    """Judge `occasion` by the rules of `program` for its trigger.

    `used` is what the limits have counted before. A rule that cannot be evaluated gives nothing
    and is named in `faults`; the others count.
    """
    judging = _Judging(program, occasion, used)
    judging.work(program.rules_for(occasion.trigger))
    return judging.result(EARNED)


def judge_return(program: Program, occasion: Occasion) -> Judgement:
    """What goods that come back without their sale take off: what they would earn today.

    By the base rules only. Which multipliers, extras and limits counted when they were bought is
    not known, and what cannot be shown is not taken.
    """
    judging = _Judging(program, occasion, NOTHING_USED)
    rules = program.rules_for(occasion.trigger)
    judging.work(
        tuple(r for r in rules if not r.is_extra and r.effect not in MULTIPLYING and not r.broken),
        with_limits=False,
    )
    return judging.result(UNLINKED)


def judge_again(program: Program, explanation: Mapping[str, Any]) -> Judgement:
    """Judge from the inputs that an explanation kept; equal to it unless something is wrong."""
    inputs = explanation["inputs"]
    occasion = occasions.from_json(explanation["trigger"], explanation["currency"], inputs)
    if explanation["type"] == UNLINKED:
        return judge_return(program, occasion)
    return judge(program, occasion, used_of(inputs))


def used_of(inputs: Mapping[str, Any]) -> Used:
    """What the limits had counted, as an explanation's inputs keep it."""
    return {
        (rule, scope, period): (times, points)
        for rule, scope, period, times, points in inputs.get("used", ())
    }


class _Judging:
    __slots__ = (
        "basket",
        "cuts",
        "faults",
        "grants",
        "occasion",
        "program",
        "read",
        "steps",
        "used",
    )

    def __init__(self, program: Program, occasion: Occasion, used: Used) -> None:
        self.program = program
        self.occasion = occasion
        self.used = used
        self.basket = Basket(program, occasion)
        self.grants: list[Grant] = []
        self.cuts: list[Cut] = []
        self.steps: list[dict[str, Any]] = []
        self.faults: list[RuleFault] = []
        self.read: list[Limit] = []

    def work(self, rules: tuple[Rule, ...], *, with_limits: bool = True) -> None:
        bases: list[tuple[Rule, list[int]]] = []
        extras: list[tuple[Rule, list[int]]] = []
        multipliers: list[Multiplier] = []
        free = set(range(len(self.basket.lines)))
        for rule in rules:
            places = self._picked(rule)
            if places is None:
                continue
            if rule.effect in MULTIPLYING:
                factor = granting.factor_of(rule, self.basket, places)
                multipliers.append(Multiplier(rule, factor, frozenset(places)))
            elif rule.is_extra:
                extras.append((rule, places))
            elif mine := [place for place in places if place in free]:
                free.difference_update(mine)
                bases.append((rule, mine))
        for rule, places in (*bases, *extras):
            is_multiplied = not rule.is_extra or rule.is_multiplied
            self._grant(rule, places, multipliers if is_multiplied else [])
        if with_limits:
            self._limit(rules)

    def _picked(self, rule: Rule) -> list[int] | None:
        if rule.broken:
            self.faults.append(RuleFault(rule.key, rule.broken))
            return None
        try:
            places = matching.picked(rule, self.occasion, self.basket, self.used)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            self.faults.append(RuleFault(rule.key, f"{type(error).__name__}: {error}"[:300]))
            return None
        return None if isinstance(places, Unmet) else places

    def _grant(self, rule: Rule, places: list[int], multipliers: list[Multiplier]) -> None:
        validity = rule.validity or self.program.validity
        timing = rule.timing or self.program.timing
        floor_at = self.program.terms.floor_at
        told: dict[str, list[Any]] = {}
        gives = 0
        groups = granting.by_line(rule, self.basket, places, floor_at)
        for points, weights, group in groups:
            gives += points
            base, gains = granting.multiplied(self.program, points, group, weights, multipliers)
            self.grants.append(Grant(rule, group, base, validity, timing))
            for gain in gains:
                self._gain(gain, group, validity, timing)
                told.setdefault(gain.multiplier.rule.key, [gain.multiplier, 0])[1] += gain.points
        self.steps.append(self._step(rule, places, gives, len(groups), told))

    def _gain(
        self, gain: Gain, places: list[int] | Any, validity: Validity, timing: Timing
    ) -> None:
        rule = gain.multiplier.rule
        if gain.points > 0:
            own = rule.validity or validity, rule.timing or timing
            self.grants.append(Grant(rule, places, gain.shares, *own))

    def _step(
        self, rule: Rule, places: list[int], gives: int, groups: int, told: dict[str, list[Any]]
    ) -> dict[str, Any]:
        step: dict[str, Any] = {"rule": rule.key, "effect": rule.effect, "gives": gives}
        _name(step, rule)
        if rule.is_extra:
            step["extra"] = True
        if rule.effect != FIXED:
            step["amount"] = unscaled(sum(self.basket.amounts[p] for p in places))
        if rule.effect == PER_ITEM:
            quantities = (self.basket.lines[p].quantity for p in places)
            step["quantity"] = plain(sum(quantities, Decimal(0)))
            del step["amount"]
        if rule.points and not rule.bands:
            step["points"] = rule.points
        if rule.effect not in (FIXED, PER_ITEM) and not rule.bands:
            step["yuan"] = unscaled(rule.yuan)
        if groups > 1:
            step["lines"] = groups
        elif rule.effect == PER_BLOCK:
            step["blocks"] = gives // rule.points
        if told:
            step["times"] = [self._times(*each) for each in told.values()]
        return step

    @staticmethod
    def _times(multiplier: Multiplier, points: int) -> dict[str, Any]:
        factor = plain(Decimal(multiplier.factor) / FACTOR_SCALE)
        told = {"rule": multiplier.rule.key, "factor": factor, "gives": points}
        _name(told, multiplier.rule)
        return told

    def _limit(self, rules: tuple[Rule, ...]) -> None:
        for rule in rules:
            if rule.limits:
                self.read.extend(rule.limits)
                mine = [grant for grant in self.grants if grant.rule is rule]
                if mine:
                    self.cuts += granting.limited(rule, mine, self.occasion, self.used)
        if self.occasion.trigger == PURCHASE and self.program.caps:
            self.read.extend(self.program.caps)
            self.cuts += granting.cut_down(self.grants, self.program.caps, self.occasion, self.used)

    def result(self, kind: str) -> Judgement:
        parts = self._parts()
        gave: dict[str, int] = {}
        for grant in self.grants:
            if points := sum(grant.points):
                gave[grant.rule.key] = gave.get(grant.rule.key, 0) + points
        points = sum(part.points for part in parts)
        base = (Decimal(self.basket.base) / 10_000).quantize(_CENT)
        return Judgement(
            points=points,
            base=base,
            parts=parts,
            gave=gave,
            faults=tuple(self.faults),
            explanation=self._explanation(kind, parts, gave, points),
        )

    def _parts(self) -> tuple[Part, ...]:
        found: dict[tuple[datetime | None, datetime | None], dict[int, int]] = {}
        known: dict[tuple[int, int], dict[int, int]] = {}
        for grant in self.grants:
            if not any(grant.points):
                continue
            # Most grants share the program's own validity: worked out once for all of them.
            same = (id(grant.validity), id(grant.timing))
            lines = known.get(same)
            if lines is None:
                times = self._times_of(grant.validity, grant.timing)
                lines = known[same] = found.setdefault(times, {})
            for place, points in zip(grant.places, grant.points, strict=True):
                lines[place] = lines.get(place, 0) + points
        numbers = [line.line_no for line in self.basket.lines]
        return tuple(
            Part(
                sum(lines.values()),
                usable,
                expires,
                tuple(
                    (numbers[place], points) for place, points in sorted(lines.items()) if points
                ),
            )
            for (usable, expires), lines in found.items()
        )

    def _times_of(
        self, validity: Validity, timing: Timing
    ) -> tuple[datetime | None, datetime | None]:
        """When points so granted become usable, and when they lapse."""
        at = self.occasion.at
        zone = cast("ZoneInfo", at.tzinfo)
        usable = self._usable_at(timing, zone)
        expires = validity.ends_at(at, zone)
        if usable is not None and expires is not None and expires <= usable:
            # Nobody is given points that have lapsed when they come: they count from then on.
            expires = validity.ends_at(usable, zone)
        return usable, expires

    def _usable_at(self, timing: Timing, zone: ZoneInfo) -> datetime | None:
        at = self.occasion.at
        if timing.day is not None:
            usable = datetime.combine(timing.day, time.min, tzinfo=zone)
        elif timing.pending is None:
            return None
        else:
            usable = (self.occasion.completed_at or at) + timedelta(days=timing.pending)
        return usable if usable > at else None

    def _explanation(
        self, kind: str, parts: tuple[Part, ...], gave: dict[str, int], points: int
    ) -> dict[str, Any]:
        inputs = occasions.to_json(self.occasion, self.program.needs, self.program.groups)
        if used := self._used():
            inputs["used"] = used
        told: dict[str, Any] = {
            "type": kind,
            "rule": self.program.number,
            "trigger": self.occasion.trigger,
            "currency": self.occasion.currency,
            "base": unscaled(self.basket.base),
            "inputs": inputs,
            "steps": self.steps,
            "parts": [_part_json(part) for part in parts],
            "result": points,
        }
        if len(gave) > 1:
            told["gave"] = [[key, got] for key, got in gave.items()]
        elif gave:
            told["gave"] = [[next(iter(gave)), points]]
        if counted := [
            [limit.rule, limit.scope, limit.period]
            for limit in self.read
            if limit.scope != "order" and (gave.get(limit.rule) or (not limit.rule and points))
        ]:
            told["counted"] = sorted({tuple(key): key for key in counted}.values())
        if self.basket.left_out:
            told["left_out"] = [list(item) for item in self.basket.left_out]
        if self.cuts:
            told["cuts"] = [_cut_json(cut) for cut in self.cuts]
        if self.faults:
            told["faults"] = [list(fault) for fault in self.faults]
        return told

    def _used(self) -> list[list[Any]]:
        seen = {(limit.rule, limit.scope, limit.period) for limit in self.read}
        return [[*key, *self.used[key]] for key in sorted(seen) if key in self.used]


def _name(told: dict[str, Any], rule: Rule) -> None:
    """A rule's names, in the languages that it has; the basic rate has none of its own."""
    if rule.name:
        told["name"] = rule.name
    if rule.name_en:
        told["name_en"] = rule.name_en


def _part_json(part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {"points": part.points, "lines": [list(line) for line in part.lines]}
    for name in ("usable_at", "expires_at"):
        value = getattr(part, name)
        if value is not None:
            told[name] = value.isoformat()
    return told


def _cut_json(cut: Cut) -> list[Any]:
    limit = cut.limit
    value = str(limit.value)
    return [
        limit.rule,
        limit.scope,
        limit.period,
        limit.measure,
        value,
        cut.used,
        cut.before,
        cut.after,
    ]
