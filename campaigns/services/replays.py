"""Playing the cases of a preset through the engine, on a scratch program in memory.

The judge, the limits' counting and the taking back are those that real receipts meet; only their
tables are left out. What happens in the mall is played in a transaction that is taken back
(`mall_replays`). Either way nothing of the merchant's is changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from campaigns.policies import programs
from campaigns.policies.numbers import scaled
from campaigns.policies.occasions import PURCHASE, Line, Occasion
from campaigns.policies.periods import period_start
from campaigns.policies.presets import Act, Buy, Preset, Step, TakeBack, Vector
from campaigns.policies.programs import Program
from campaigns.policies.returns import SoldLine
from campaigns.policies.timetables import Timetable
from campaigns.services import mall_replays
from campaigns.services.earning import Judge, Verdict
from campaigns.services.limits import Limits

PASSED: Literal["passed"] = "passed"
FAILED: Literal["failed"] = "failed"
OPEN: Literal["open"] = "open"
# A case of the mall, where only what needs no table was asked for.
SKIPPED: Literal["skipped"] = "skipped"
# The one member of the scratch program.
_MEMBER = 1


class Difference(NamedTuple):
    """Where a case came out otherwise: the number of the step, what, and both values."""

    step: int
    what: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case. One that waits for a capability is open, unless what can be
    replayed of it today comes out wrong: then it has failed."""

    vector: Vector
    state: Literal["passed", "failed", "open", "skipped"]
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """All cases of one preset, in its order."""

    preset: Preset
    outcomes: tuple[Outcome, ...]

    def count(self, state: str) -> int:
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state == FAILED]

    def open_by_need(self) -> dict[str, int]:
        """How many open cases wait for what, in the order of the preset's needs."""
        waiting = [outcome.vector.need for outcome in self.outcomes if outcome.state == OPEN]
        return {need.code: waiting.count(need.code) for need in self.preset.needs}

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.preset.id,
            "name": self.preset.name_en,
            "passed": self.count(PASSED),
            "failed": self.count(FAILED),
            "open": self.count(OPEN),
            "needs": self.open_by_need(),
            "failures": [
                {"title": o.vector.title_en, "differences": [d._asdict() for d in o.differences]}
                for o in self.failures
            ],
        }


def replay(preset: Preset, *, with_mall: bool = True) -> Report:
    """Play every case of `preset`, each from the beginning. Nothing that it writes stays; no
    table is touched by a preset without cases of the mall, nor without `with_mall`."""
    program = programs.compiled(preset.terms)
    outcomes = (
        _outcome(preset, program, vector)
        if with_mall or not vector.mall
        else Outcome(vector, SKIPPED)
        for vector in preset.vectors
    )
    return Report(preset, tuple(outcomes))


def _outcome(preset: Preset, program: Program, vector: Vector) -> Outcome:
    if vector.variant:
        program = programs.compiled(replace(preset.terms, **vector.variant))
    scratch = _Scratch(preset, program, vector)
    in_mall = (Difference(*one) for one in mall_replays.play(preset, vector))
    differences = (*scratch.differences(), *in_mall)
    if differences:
        return Outcome(vector, FAILED, differences)
    return Outcome(vector, OPEN if vector.need else PASSED)


@dataclass(slots=True)
class _Done:
    """What one step left behind, for a later one to take back."""

    occasion: Occasion
    verdict: Verdict
    returned: dict[int, Decimal] = field(default_factory=dict)
    taken: int = 0

    @property
    def is_purchase(self) -> bool:
        """As history counts them: what was free or came back whole is none."""
        if self.occasion.trigger != PURCHASE or not any(n.amount for n in self.occasion.lines):
            return False
        return any(n.quantity > self.returned.get(n.line_no, 0) for n in self.occasion.lines)


class _Scratch:
    """One member's story under a program."""

    def __init__(self, preset: Preset, program: Program, vector: Vector) -> None:
        self.vector = vector
        self.points_per_yuan = preset.ledger.get("points_per_yuan", 100)
        self.limits = Limits()
        self.judge = Judge(timetable=Timetable.of(program), limits=self.limits)
        self.done: list[_Done] = []
        self.labelled: dict[str, _Done] = {}

    def differences(self) -> Iterator[Difference]:
        for number, step in enumerate(self.vector.steps, start=1):
            for points in step.points:
                verdict = self._play(step)
                if verdict is None:
                    yield Difference(number, "take_back", str(step.what), "–")
                    return
                given = -verdict.points if isinstance(step.what, TakeBack) else verdict.points
                if given != points:
                    yield Difference(number, "points", str(points), str(given))
                yield from _more(number, step, verdict)

    def _play(self, step: Step) -> Verdict | None:
        if isinstance(step.what, TakeBack):
            done = self.labelled.get(step.what.of)
            return None if done is None else self._back(done, step.what)
        occasion = (
            self._bought(step.at, step.what)
            if isinstance(step.what, Buy)
            else self._acted(step.at, step.what)
        )
        done = _Done(occasion, self.judge.purchase(occasion, member_id=_MEMBER))
        self.done.append(done)
        if step.label:
            self.labelled[step.label] = done
        return done.verdict

    def _bought(self, at: datetime, buy: Buy) -> Occasion:
        return Occasion(
            trigger=PURCHASE,
            at=at,
            lines=[
                Line(
                    line_no=no,
                    amount=scaled(line.amount),
                    quantity=line.quantity,
                    is_priced=line.amount > 0,
                    kind=line.kind,
                    sku=line.sku,
                    category=line.category,
                    brand=line.brand,
                    labels=line.labels,
                )
                for no, line in enumerate(buy.lines, start=1)
            ],
            store=buy.store,
            channel=buy.channel,
            business=buy.business,
            person=self.vector.person,
            paid_by_coupon=scaled(buy.coupon),
            paid_by_points=scaled(buy.by_points),
            completed_at=buy.completed_at,
            purchases=self._purchases(at),
            points_per_yuan=self.points_per_yuan,
        )

    def _acted(self, at: datetime, act: Act) -> Occasion:
        return Occasion(
            trigger=act.trigger,
            at=at,
            lines=[Line(0, scaled(act.amount), act.quantity)],
            code=act.code,
            attributes=act.attributes,
            person=self.vector.person,
            points_per_yuan=self.points_per_yuan,
        )

    def _purchases(self, at: datetime) -> dict[str, int]:
        bought = [done.occasion.at for done in self.done if done.is_purchase]
        before = [day for day in (*self.vector.earlier, *bought) if day < at]
        return {
            period: sum(
                period_start(period, day.date()) == period_start(period, at.date())
                for day in before
            )
            for period in ("day", "week", "month", "quarter", "year", "ever")
        }

    def _back(self, done: _Done, back: TakeBack) -> Verdict:
        sold = done.occasion.lines
        before = _sold(sold, done.returned)
        for line in sold:
            left = line.quantity - done.returned.get(line.line_no, Decimal(0))
            wanted = back.quantities.get(line.line_no, Decimal(0)) if back.quantities else left
            done.returned[line.line_no] = line.quantity - left + min(wanted, left)
        verdict = self.judge.linked_return(
            sale_number=back.of,
            sale_explanation=done.verdict.explanation,
            member_id=_MEMBER,
            before=before,
            after=_sold(sold, done.returned),
            taken_before=done.taken,
            base=Decimal(0),
        )
        done.taken += verdict.points
        return verdict


def _sold(lines: Sequence[Line], returned: Mapping[int, Decimal]) -> list[SoldLine]:
    return [
        SoldLine(
            line_no=line.line_no,
            unit_price=Decimal(0),
            amount=Decimal(0),
            quantity=line.quantity,
            returned=returned.get(line.line_no, Decimal(0)),
        )
        for line in lines
    ]


def _more(number: int, step: Step, verdict: Verdict) -> Iterator[Difference]:
    """Differences in which rule gave what, in the lots, and rules that could not be evaluated."""
    if verdict.faults:
        yield Difference(number, "faults", "", ", ".join(fault.rule for fault in verdict.faults))
    if step.gave is not None:
        gave = dict(verdict.explanation.get("gave", ()))
        if gave != dict(step.gave):
            yield Difference(number, "gave", _told(step.gave), _told(gave))
    if step.lots is not None:
        lots = [
            {"points": p.points, "last_day": _last_day(p.expires_at), "usable_at": p.usable_at}
            for p in verdict.parts
        ]
        asked = [{name: lot[name] for name in told} for lot, told in zip(lots, step.lots)]  # noqa: B905 — compared below
        if len(lots) != len(step.lots) or asked != [dict(told) for told in step.lots]:
            expected, actual = ("; ".join(map(_told, rows)) for rows in (step.lots, lots))
            yield Difference(number, "lots", expected, actual)


def _last_day(expires_at: datetime | None) -> date | None:
    """Points end at a midnight: the day before is their last."""
    return None if expires_at is None else (expires_at - timedelta(seconds=1)).date()


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
