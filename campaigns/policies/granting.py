"""From matching rules to whole points on lines: rates, multipliers, limits and caps.

Every grant is a whole number of points of one rule, laid out over the lines that brought it.
Base points are rounded down first; then each multiplier adds the difference of two totals that
are rounded down, so the sum is the product rounded down once, and each part of it has a name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.policies.matching import Basket, Used
from campaigns.policies.numbers import shared
from campaigns.policies.occasions import Occasion
from campaigns.policies.periods import Validity
from campaigns.policies.programs import (
    BAND_MULTIPLIER,
    BANDS,
    FACTOR_SCALE,
    FIXED,
    PER_BLOCK,
    PER_ITEM,
    Limit,
    Program,
    Rule,
    Timing,
)


@dataclass(slots=True)
class Grant:
    """Points of `rule` on the lines at `places`; `points[i]` belongs to `places[i]`."""

    rule: Rule
    places: Sequence[int]
    points: list[int]
    validity: Validity
    timing: Timing


@dataclass(slots=True)
class Multiplier:
    """A multiplier that applies: its factor in hundredths, and where."""

    rule: Rule
    factor: int
    places: frozenset[int]


@dataclass(slots=True)
class Gain:
    """What one multiplier changed, in points; `shares` by line are 0 where it reduced."""

    multiplier: Multiplier
    points: int
    shares: list[int]


@dataclass(slots=True)
class Cut:
    """A limit that took something: how much was used before, and what it left of what."""

    limit: Limit
    used: int
    before: int
    after: int


def base_points(rule: Rule, basket: Basket, places: Sequence[int]) -> tuple[int, list[int]]:
    """What `rule` gives for these lines together, rounded down, and the weights of the lines."""
    amounts = [basket.amounts[p] for p in places]
    if rule.effect == FIXED:
        return rule.points, amounts
    if rule.effect == PER_ITEM:
        thousandths = [int(basket.lines[p].quantity * 1000) for p in places]
        return sum(thousandths) * rule.points // 1000, thousandths
    amount = sum(amounts)
    if rule.effect == PER_BLOCK:
        return amount // rule.yuan * rule.points, amounts
    if rule.effect == BANDS:
        return _band(rule, amount)[0], amounts
    return amount * rule.points // rule.yuan, amounts


def factor_of(rule: Rule, basket: Basket, places: Sequence[int]) -> int:
    """The factor of a multiplying rule, in hundredths."""
    if rule.effect == BAND_MULTIPLIER:
        return _band(rule, sum(basket.amounts[p] for p in places))[1]
    return rule.factor


def _band(rule: Rule, amount: int) -> tuple[int, int]:
    """Points and factor of the highest band that `amount` reaches."""
    reached = [band for band in rule.bands if amount >= band.at_least]
    return (reached[-1].points, reached[-1].factor) if reached else (0, FACTOR_SCALE)


def multiplied(
    program: Program,
    points: int,
    places: Sequence[int],
    weights: Sequence[int],
    multipliers: Iterable[Multiplier],
) -> tuple[list[int], list["Gain"]]:
    """The base points on their lines, and what each multiplier that touches them adds where.

    What a reducing multiplier takes is taken from the base.
    """
    asked = [m for m in multipliers if not m.places.isdisjoint(places)] if points else []
    if not asked:
        return shared(points, weights), []
    if all(m.places.issuperset(places) for m in asked):
        return _multiplied_alike(program, points, weights, _in_order(program, asked))
    stack = _Stack(program, points, places, weights, asked)
    gains = [stack.apply(multiplier) for multiplier in _in_order(program, asked)]
    return stack.base_shares(), gains


def _in_order(program: Program, multipliers: list[Multiplier]) -> list[Multiplier]:
    if program.terms.stacking == "highest":
        return sorted(multipliers, key=lambda m: -m.factor)
    return sorted(multipliers, key=lambda m: m.factor >= FACTOR_SCALE)


def _multiplied_alike(
    program: Program, points: int, weights: Sequence[int], multipliers: Sequence[Multiplier]
) -> tuple[list[int], list[Gain]]:
    """As `_Stack`, where every multiplier touches every line: by far the most frequent case."""
    stacking, ceiling = program.terms.stacking, program.ceiling
    factor = unit = FACTOR_SCALE
    base = total = points
    gains = []
    for nth, multiplier in enumerate(multipliers):
        before = factor
        if stacking == "multiply":
            unit *= FACTOR_SCALE
            before *= FACTOR_SCALE
            factor *= multiplier.factor
        elif stacking == "add":
            factor = max(factor + multiplier.factor - FACTOR_SCALE, 0)
        else:
            factor = max(factor, multiplier.factor) if nth else multiplier.factor
        if ceiling is not None:
            factor = min(factor, ceiling * unit // FACTOR_SCALE)
        gain = points * factor // unit - total
        total += gain
        if factor > before:
            gains.append(Gain(multiplier, gain, shared(gain, weights)))
        else:
            base += gain
            gains.append(Gain(multiplier, gain, [0] * len(weights)))
    return shared(base, weights), gains


class _Stack:
    """Lines that the same multipliers touch are one class and share one factor.

    Factors are whole numbers of `unit`: a hundredth, which every multiplication makes a hundred
    times finer. So nothing is rounded on the way.
    """

    def __init__(
        self,
        program: Program,
        points: int,
        places: Sequence[int],
        weights: Sequence[int],
        multipliers: list[Multiplier],
    ) -> None:
        self.stacking = program.terms.stacking
        self.ceiling = program.ceiling
        self.points = points
        self.weights = list(weights) if sum(weights) else [1] * len(places)
        self.whole = sum(self.weights)
        self.size = len(places)
        classes: dict[tuple[bool, ...], list[int]] = {}
        for index, place in enumerate(places):
            key = tuple([place in m.places for m in multipliers])
            classes.setdefault(key, []).append(index)
        self.members = list(classes.values())
        self.touched = {id(m): [key[n] for key in classes] for n, m in enumerate(multipliers)}
        self.class_weights = [sum([self.weights[i] for i in c]) for c in self.members]
        self.unit = FACTOR_SCALE
        self.factors = [FACTOR_SCALE] * len(self.members)
        self.has_factor = [False] * len(self.members)
        self.total = points
        self.base_factors = list(self.factors)
        self.base_total = points

    def apply(self, multiplier: Multiplier) -> Gain:
        """Let `multiplier` count; a higher one, or the ceiling, may leave it nothing to do."""
        if self.stacking == "multiply":
            self.unit *= FACTOR_SCALE
            self.factors = [factor * FACTOR_SCALE for factor in self.factors]
            self.base_factors = [factor * FACTOR_SCALE for factor in self.base_factors]
        before = self.factors
        self.factors = [
            self._stacked(n, multiplier.factor) if touched else before[n]
            for n, touched in enumerate(self.touched[id(multiplier)])
        ]
        total = self._total()
        gain, self.total = total - self.total, total
        differences = [after - old for after, old in zip(self.factors, before, strict=True)]
        if max(differences) <= 0:
            self.base_total += gain
            self.base_factors = [
                base + difference
                for base, difference in zip(self.base_factors, differences, strict=True)
            ]
            return Gain(multiplier, gain, [0] * self.size)
        weights = [w * d for w, d in zip(self.class_weights, differences, strict=True)]
        return Gain(multiplier, gain, self._over_lines(gain, weights))

    def base_shares(self) -> list[int]:
        weights = [w * f for w, f in zip(self.class_weights, self.base_factors, strict=True)]
        return self._over_lines(self.base_total, weights)

    def _stacked(self, n: int, factor: int) -> int:
        old = self.factors[n]
        if self.stacking == "multiply":
            new = old // FACTOR_SCALE * factor
        elif self.stacking == "add":
            new = max(old + factor - FACTOR_SCALE, 0)
        else:
            new = max(old, factor) if self.has_factor[n] else factor
        self.has_factor[n] = True
        if self.ceiling is None:
            return new
        return min(new, self.ceiling * self.unit // FACTOR_SCALE)

    def _total(self) -> int:
        weighted = zip(self.class_weights, self.factors, strict=True)
        return self.points * sum([w * f for w, f in weighted]) // (self.whole * self.unit)

    def _over_lines(self, points: int, weights: Sequence[int]) -> list[int]:
        if len(self.members) == 1:
            return shared(points, self.weights)
        shares = [0] * self.size
        for members, part in zip(self.members, shared(points, weights), strict=True):
            inner = shared(part, [self.weights[i] for i in members])
            for index, share in zip(members, inner, strict=True):
                shares[index] = share
        return shares


def limited(rule: Rule, grants: Sequence[Grant], occasion: Occasion, used: Used) -> list[Cut]:
    """Cut the grants of one rule down to its limits of points and yuan; tells what was cut."""
    return cut_down(grants, (m for m in rule.limits if m.measure != "times"), occasion, used)


def cut_down(
    grants: Sequence[Grant], limits: Iterable[Limit], occasion: Occasion, used: Used
) -> list[Cut]:
    """Cut `grants` in proportion wherever one of `limits` leaves less than they add up to."""
    cuts = []
    for limit in limits:
        before = sum(sum(grant.points) for grant in grants)
        _times, gone = used.get((limit.rule, limit.scope, limit.period), (0, 0))
        gone = 0 if limit.scope == "order" else gone
        most = int(
            limit.value * occasion.points_per_yuan if limit.measure == "yuan" else limit.value
        )
        left = max(most - gone, 0)
        if before > left:
            _scale(grants, left)
            cuts.append(Cut(limit, gone, before, left))
    return cuts


def _scale(grants: Sequence[Grant], total: int) -> None:
    cells = [points for grant in grants for points in grant.points]
    shares = iter(shared(total, cells))
    for grant in grants:
        grant.points = [next(shares) for _ in grant.points]


def by_line(
    rule: Rule, basket: Basket, places: Sequence[int], floor_at: str
) -> list[tuple[int, list[int], Sequence[int]]]:
    """Base points of the rule with weights and places: all lines at once, or line by line.

    What is given once per purchase is not given once per line.
    """
    if floor_at == "receipt" or rule.effect in (FIXED, BANDS):
        points, weights = base_points(rule, basket, places)
        return [(points, weights, places)]
    return [(*base_points(rule, basket, [place]), [place]) for place in places]
