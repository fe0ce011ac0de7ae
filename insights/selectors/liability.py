"""The points liability at the end of a day, and how it came to be what it is.

Ledger and settings say everything; where a month end was recorded (`LiabilitySnapshot`), its yuan
and its basis are taken from there, so that a report about the past stays what it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as project
from django.db.models import BigIntegerField, Case, Sum, When

from insights.models import LiabilitySettings, LiabilitySnapshot
from insights.policies import liability as policy
from insights.policies.liability import Curve, Estimate, Line, Moved, Origin, Prior
from insights.policies.rfm import UNIT
from insights.selectors.rfm import scaled
from points.policies import start_of_day
from points.selectors import ledger_settings
from points.selectors import liability as ledger
from sales.models import Receipt

# Entries whose points came with a purchase: receipts, named by the way they came; those of a former
# system most likely did, and count as such. Everything else was given.
SOLD = frozenset({*Receipt.Source.values, "purchase", "opening"})

Group = tuple[int | None, Origin]


def settings() -> LiabilitySettings:
    return LiabilitySettings.objects.first() or LiabilitySettings()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a point is worth, in yuan, and how many of either origin are expected to be used."""

    worth: Fraction
    estimates: Mapping[Origin, Estimate]

    def as_json(self) -> dict[str, Any]:
        return {
            "worth": str(self.worth),
            **{origin.value: _told(one) for origin, one in self.estimates.items()},
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Basis":
        estimates = {origin: _read(told[origin.value]) for origin in Origin}
        return cls(Fraction(told["worth"]), estimates)


def _told(estimate: Estimate) -> dict[str, Any]:
    if isinstance(estimate, Prior):
        return {"share": str(estimate.share), "source": estimate.source}
    months = [str(share) for share in estimate.months]
    return {"months": months, "cohorts": estimate.cohorts, "points": estimate.points}


def _read(told: Mapping[str, Any]) -> Estimate:
    if "share" in told:
        return Prior(Fraction(told["share"]), told["source"])
    months = tuple(Fraction(share) for share in told["months"])
    return Curve(months, cohorts=told["cohorts"], points=told["points"])


def end_of(day: date) -> datetime:
    """The instant at which a day of the shop is over."""
    return start_of_day(day + timedelta(days=1), ZoneInfo(project.TIME_ZONE))


def basis_at(at: datetime) -> Basis:
    """The worth that is set now, and what the ledger had taught by `at`. Three queries."""
    current = settings()
    worth = (
        Fraction(1, ledger_settings().points_per_yuan)
        if current.worth is None
        else Fraction(current.worth)
    )
    prior = Prior(Fraction(current.prior_percent) / 100, current.prior_source)
    found = ledger.cohorts(at, sold=SOLD)
    return Basis(
        worth,
        {
            origin: policy.choose(
                _curve(found, origin),
                prior,
                least_months=current.least_months,
                least_points=current.least_points,
            )
            for origin in Origin
        },
    )


_MONTHS = 36


def _curve(found: Iterable[ledger.Cohort], origin: Origin) -> Curve:
    granted: dict[int, int] = {}
    used: dict[tuple[int, int], int] = {}
    for one in found:
        # The last month stands for all before it, whose ages are not known.
        if one.origin != origin.value or one.earned >= _MONTHS:
            continue
        if one.used is None:
            granted[-one.earned] = granted.get(-one.earned, 0) + one.points
        else:
            key = (-one.earned, max(one.earned - one.used, 0))
            used[key] = used.get(key, 0) + one.points
    return policy.learn(granted, used, now=0)


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed at the end of a day, by store and origin: points, and yuan to the cent."""

    basis: Basis
    shares: dict[Group, tuple[int, Decimal]]
    is_recorded: bool


def balance(day: date, *, is_counted: bool = False) -> Balance:
    """The liability at the end of `day`: as it was recorded, or else as the ledger says now.

    `is_counted` asks the ledger for the points of a recorded day, too.
    """
    snapshot = LiabilitySnapshot.objects.filter(day=day).prefetch_related("shares").first()
    if snapshot is not None:
        kept = {
            (one.store_id, Origin(one.origin)): (one.points, one.yuan)
            for one in snapshot.shares.all()
        }
        if is_counted:
            yuan = {group: yuan for group, (_points, yuan) in kept.items()}
            kept = _joined(_summed(_by_age(day)), yuan)
        return Balance(Basis.from_json(snapshot.basis), kept, is_recorded=True)
    by_age, basis = _by_age(day), basis_at(end_of(day))
    yuan = {
        group: policy.rounded(
            policy.owed(ages, worth=basis.worth, estimate=basis.estimates[group[1]])
        )
        for group, ages in by_age.items()
    }
    return Balance(basis, _joined(_summed(by_age), yuan), is_recorded=False)


Ages = dict[Group, list[tuple[int, int]]]


def _by_age(day: date) -> Ages:
    found: Ages = {}
    for row in ledger.outstanding(end_of(day), sold=SOLD, ages=_MONTHS):
        # A month that has not ended has taught nothing yet.
        found.setdefault((row.store_id, Origin(row.origin)), []).append((row.age - 1, row.points))
    return found


def _summed(by_age: Ages) -> dict[Group, int]:
    return {group: sum(points for _age, points in ages) for group, ages in by_age.items()}


def _joined(
    points: dict[Group, int], yuan: dict[Group, Decimal]
) -> dict[Group, tuple[int, Decimal]]:
    nothing = Decimal("0.00")
    return {group: (points.get(group, 0), yuan.get(group, nothing)) for group in points | yuan}


@dataclass(frozen=True, slots=True)
class Report:
    """A period, first and last day included. `tables` has one per store and origin."""

    first: date
    last: date
    opening: Balance
    closing: Balance
    tables: Mapping[Group, Sequence[Line]]
    turnover: Decimal
    granted: int

    def summed(self, groups: Iterable[Group]) -> list[Line]:
        """One table of several: line by line, both columns."""
        chosen = [self.tables[group] for group in groups]
        return [
            Line(
                code,
                sum(lines[place].points for lines in chosen),
                sum((lines[place].yuan for lines in chosen), start=Decimal("0.00")),
            )
            for place, code in enumerate(policy.LINE_CODES)
        ]

    @property
    def allocated(self) -> Decimal:
        """What the price of the period's purchases gives to their points by relative prices."""
        basis = self.closing.basis
        return policy.rounded(
            policy.allocate(
                price=max(self.turnover, Decimal(0)),
                points=self.granted,
                worth=basis.worth,
                expected=basis.estimates[Origin.SALE].ultimate,
            )
        )


def report(first: date, last: date) -> Report:
    """How the liability came from the end of the day before `first` to the end of `last`."""
    before = first - timedelta(days=1)
    opening, closing = balance(before), balance(last)
    moved: dict[Group, Moved] = {
        (row.store_id, Origin(row.origin)): Moved(*row[2:])
        for row in ledger.movements(end_of(before), end_of(last), sold=SOLD)
    }
    try:
        tables = _tables(opening, moved, closing)
    except ValueError:
        # Recorded by an older way of counting: the yuan stay, the points are the ledger's.
        opening, closing = balance(before, is_counted=True), balance(last, is_counted=True)
        tables = _tables(opening, moved, closing)
    granted = sum(one.granted for (_store, origin), one in moved.items() if origin is Origin.SALE)
    return Report(first, last, opening, closing, tables, _turnover(first, last), granted)


def _tables(
    opening: Balance, moved: dict[Group, Moved], closing: Balance
) -> dict[Group, Sequence[Line]]:
    nothing, basis = (0, Decimal("0.00")), closing.basis
    return {
        group: policy.table(
            opening=opening.shares.get(group, nothing),
            moved=moved.get(group, Moved()),
            closing=closing.shares.get(group, nothing),
            worth=basis.worth,
            expected=basis.estimates[group[1]].ultimate,
        )
        for group in sorted(opening.shares | closing.shares | moved, key=_place)
    }


def _place(group: Group) -> tuple[int, str]:
    """Head office first, then stores by id; sales before gifts."""
    store, origin = group
    return store or 0, "a" if origin is Origin.SALE else "b"


def _turnover(first: date, last: date) -> Decimal:
    """What members bought on these days, returns taken off, in yuan."""
    net = Case(
        When(kind=Receipt.Kind.RETURN, then=-scaled("total")),
        default=scaled("total"),
        output_field=BigIntegerField(),
    )
    found = Receipt.objects.filter(
        state=Receipt.State.POSTED,
        member__isnull=False,
        occurred_at__gte=end_of(first - timedelta(days=1)),
        occurred_at__lt=end_of(last),
    ).aggregate(units=Sum(net))
    return Decimal(found["units"] or 0) / UNIT
