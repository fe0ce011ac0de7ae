"""What points cost the books (IFRS 15 B39-B42, CAS 14): pure, exact, rounded once at the end.

Points that come with a sale are a part of its price that is not earned yet. How much of the price
follows from what the goods and the points would fetch by themselves; how much of it becomes
revenue, and when, follows from how many points are expected to be used at all. Points that come
without a sale are a cost. The worked tables are in docs/algorithms/liability.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction

CENT = Decimal("0.01")
YUAN = Decimal(1)
_PRECISION = Decimal("0.000001")


class Origin(Enum):
    """Whether a purchase gave the points, or something that nobody paid for."""

    SALE = "sale"
    GIFT = "gift"


def rounded(value: Fraction, unit: Decimal = CENT) -> Decimal:
    """To a whole number of `unit`, half away from zero."""
    scaled = value / Fraction(unit)
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if scaled >= 0 else -whole) * unit


# --- one sale -----------------------------------------------------------------------------------


def allocate(
    *,
    price: Decimal,
    goods: Decimal | None = None,
    points: int,
    worth: Fraction,
    expected: Fraction,
) -> Fraction:
    """The part of `price` that the points of a sale get, in yuan, unrounded.

    `goods` is what the goods cost by themselves (the price, unless said otherwise), `worth` what a
    point is worth to a member, `expected` the share of points that will be used. Both parts are in
    proportion to what they would fetch by themselves; together they are the price.
    """
    alone = Fraction(price if goods is None else goods)
    promised = points * worth * expected
    if not promised:
        return Fraction(0)
    return Fraction(price) * promised / (alone + promised)


def earned(*, allocated: Fraction, used: int, expected: int) -> Fraction:
    """The revenue up to now when `used` of `expected` points have been used: never more than was
    allocated. Once nobody is expected to use any, all of it is earned.
    """
    if used < 0 or expected < 0:
        raise ValueError("points that were used, or will be, are not negative")
    if used >= expected:
        return allocated
    return allocated * Fraction(used, expected)


def recognised(*, allocated: Fraction, used: int, expected: int, before: Fraction) -> Fraction:
    """The revenue of a period, catching up on estimates that have changed since (B46).

    `used` counts from the beginning, `expected` is today's estimate of all that will ever be used,
    `before` the revenue of earlier periods. Negative when more are expected now than before.
    """
    return earned(allocated=allocated, used=used, expected=expected) - before


# --- how many will be used ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of granted points that is used by each age, in whole months; never falling.

    `months[a]` is the share used by the end of the month of age `a`. `points` is how many granted
    points, in `cohorts` months, it was learned from.
    """

    months: tuple[Fraction, ...]
    cohorts: int
    points: int

    @property
    def ultimate(self) -> Fraction:
        """The share that is ever used."""
        return self.months[-1] if self.months else Fraction(0)

    def still(self, age: int) -> Fraction:
        """Of points that were not used by `age`, the share that will be."""
        if age < 0 or not self.months:
            return self.ultimate
        by_now = self.months[min(age, len(self.months) - 1)]
        return (self.ultimate - by_now) / (1 - by_now) if by_now < 1 else Fraction(0)


@dataclass(frozen=True, slots=True)
class Prior:
    """What the merchant states while there is too little to learn from, with its source."""

    share: Fraction
    source: str = ""

    @property
    def ultimate(self) -> Fraction:
        return self.share

    def still(self, age: int) -> Fraction:
        return self.share


Estimate = Curve | Prior


def learn(granted: Mapping[int, int], used: Mapping[tuple[int, int], int], *, now: int) -> Curve:
    """The curve of cohorts that were granted in a month and used in later ones.

    Months are running numbers. `granted[m]` are the points of month `m`; `used[m, a]` those of
    them that were used at age `a`, returns taken off. Each age is learned from the cohorts that
    have lived it wholly before month `now`, however many ages the younger ones still lack.
    """
    oldest = max((now - 1 - month for month in granted), default=-1)
    shares: list[Fraction] = []
    total = Fraction(0)
    for age in range(oldest + 1):
        known = [month for month in granted if month + age < now]
        base = sum(granted[month] for month in known)
        gone = sum(used.get((month, age), 0) for month in known)
        total += Fraction(max(gone, 0), base) if base else Fraction(0)
        # Kept as people read it: a report can be followed with the figures that it shows.
        shares.append(Fraction(rounded(min(total, Fraction(1)), _PRECISION)))
    points = sum(points for month, points in granted.items() if month < now)
    return Curve(tuple(shares), cohorts=sum(month < now for month in granted), points=points)


def choose(curve: Curve, prior: Prior, *, least_months: int, least_points: int) -> Estimate:
    """The own curve once it is long enough and rests on enough points, the prior until then."""
    if len(curve.months) >= least_months and curve.points >= least_points:
        return curve
    return prior


# --- the books ----------------------------------------------------------------------------------


def owed(by_age: Iterable[tuple[int, int]], *, worth: Fraction, estimate: Estimate) -> Fraction:
    """What outstanding points of these ages will cost, in yuan, unrounded."""
    return sum((points * worth * estimate.still(age) for age, points in by_age), start=Fraction(0))


@dataclass(frozen=True, slots=True)
class Moved:
    """What happened to the points of one store and origin; each is zero or more, but for
    `expired` after a return has taken points that had lapsed and were not booked yet.

    `received` and `sent` are gifts between members and merged accounts, `raised` and `lowered`
    corrections by hand, `back` points that a cancelled use returned.
    """

    granted: int = 0
    back: int = 0
    received: int = 0
    raised: int = 0
    used: int = 0
    clawed: int = 0
    sent: int = 0
    lowered: int = 0
    expired: int = 0

    @property
    def net(self) -> int:
        came = self.granted + self.back + self.received + self.raised
        return came - self.used - self.clawed - self.sent - self.lowered - self.expired


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the movement table: points, and yuan to the cent."""

    code: str
    points: int
    yuan: Decimal


# Each line with its sign, and what a point of it is worth: the full worth where a point was really
# used, the expected part where it came or went otherwise. Points that lapse were never expected
# to be used, so they take nothing with them; if too many lapse, the estimate says so.
_LINES: Sequence[tuple[str, int, str]] = (
    ("granted", 1, "expected"),
    ("back", 1, "full"),
    ("received", 1, "expected"),
    ("raised", 1, "expected"),
    ("used", -1, "full"),
    ("clawed", -1, "expected"),
    ("sent", -1, "expected"),
    ("lowered", -1, "expected"),
    ("expired", -1, "nothing"),
)
LINE_CODES = ("opening", *(code for code, _sign, _rate in _LINES), "estimate", "closing")


def table(
    *,
    opening: tuple[int, Decimal],
    moved: Moved,
    closing: tuple[int, Decimal],
    worth: Fraction,
    expected: Fraction,
) -> list[Line]:
    """From the opening to the closing figures, line by line; the sums are exact in both columns.

    What is left over is the change of the estimate, rounding included. Raises ValueError when the
    points do not add up: then the books are wrong, and no table may hide it.
    """
    points, yuan = opening
    rates = {"full": worth, "expected": worth * expected, "nothing": Fraction(0)}
    lines = [Line("opening", points, yuan)]
    for code, sign, rate in _LINES:
        count = sign * int(getattr(moved, code))
        lines.append(Line(code, count, rounded(count * rates[rate])))
    if points + moved.net != closing[0]:
        raise ValueError(f"{points} and {moved.net} points are not {closing[0]}")
    rest = closing[1] - sum((line.yuan for line in lines), start=Decimal(0))
    return [*lines, Line("estimate", 0, rest), Line("closing", *closing)]


# --- the journal --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the journal: an account and what is booked on it, in yuan; one side is zero."""

    account: str
    debit: Decimal
    credit: Decimal
    code: str


def postings(lines: Iterable[Line], *, owed_on: str, against: str) -> list[Posting]:
    """The entries of a table: what raises the liability is credited to `owed_on`.

    `against` is revenue for points of sales and the cost of promotion for gifts. Lines of nothing
    are left out. Debits equal credits in every pair.
    """
    found: list[Posting] = []
    for line in lines:
        if line.code in ("opening", "closing") or not line.yuan:
            continue
        amount, nothing = abs(line.yuan), Decimal("0.00")
        debit, credit = (against, owed_on) if line.yuan > 0 else (owed_on, against)
        found.append(Posting(debit, amount, nothing, line.code))
        found.append(Posting(credit, nothing, amount, line.code))
    return found
