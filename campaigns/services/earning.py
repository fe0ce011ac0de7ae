"""What a purchase or act earns and what a return takes back: the questions that the sales ask.

The answers are plain values that the caller books; only the limits' counters are kept here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from campaigns.policies import judging, returns
from campaigns.policies.judging import Part, RuleFault
from campaigns.policies.numbers import SCALE, unscaled
from campaigns.policies.occasions import Occasion
from campaigns.policies.programs import Program
from campaigns.policies.returns import PartReturn, SoldLine
from campaigns.policies.timetables import Timetable
from campaigns.services.limits import Limits


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whole points (never negative), the yuan that counted, and why.

    `parts` are the lots that a purchase grants; `returns` what a linked return takes of which
    part of its sale. `faults` name rules that could not be evaluated.
    """

    points: int
    base: Decimal
    explanation: dict[str, Any]
    rule_version: str = ""
    rule_version_id: int | None = None
    parts: tuple[Part, ...] = ()
    returns: tuple[PartReturn, ...] = ()
    faults: tuple[RuleFault, ...] = ()


class Judge:
    """Judges the purchases and returns of one batch, one after the other.

    The version in force at a purchase's own time judges it, however late it is asked; limits see
    what earlier purchases of the batch have used.
    """

    def __init__(self, *, timetable: Timetable, limits: Limits) -> None:
        self.timetable = timetable
        self.limits = limits

    def purchase(self, occasion: Occasion, *, member_id: int | None) -> Verdict:
        """What `occasion` earns the member; nothing, with the reason, for a guest (F17)."""
        program = self.timetable.at(occasion.at)
        if member_id is None or program is None:
            return nothing(occasion, reason="no_rule" if member_id is not None else "no_member")
        used = self.limits.used(program, member_id, occasion.at)
        judgement = judging.judge(program, occasion, used)
        self.limits.count(judgement.explanation, member_id)
        return _verdict(program, judgement)

    def unlinked_return(self, occasion: Occasion, *, member_id: int | None) -> Verdict:
        """What a return without a known sale takes back: what its goods would earn at the time,
        by the base rules alone."""
        program = self.timetable.at(occasion.at)
        if member_id is None or program is None:
            return nothing(occasion, reason="no_rule" if member_id is not None else "no_member")
        return _verdict(program, judging.judge_return(program, occasion))

    def linked_return(
        self,
        *,
        sale_number: str,
        sale_explanation: Mapping[str, Any],
        member_id: int | None,
        before: Sequence[SoldLine],
        after: Sequence[SoldLine],
        taken_before: int,
        base: Decimal,
    ) -> Verdict:
        """What a return takes back of what its sale earned (F74).

        `before` and `after` are the sale's lines with what was returned of them up to this
        return, and with it; `taken_before` the points that went off earlier.
        """
        found = returns.back_from(sale_explanation, sale=sale_number, before=before, after=after)
        points = sum(part.points for part in found)
        if member_id is not None:
            self.limits.give_back(
                sale_explanation, member_id, before=taken_before, after=taken_before + points
            )
        rule = sale_explanation.get("rule")
        return Verdict(
            points=points,
            base=base,
            explanation=_return_told(sale_number, sale_explanation, found, taken_before),
            rule_version=f"v{rule}" if rule else "",
            returns=tuple(found),
        )


def nothing(occasion: Occasion, *, reason: str) -> Verdict:
    """No points: there is no member to earn them (`no_member`), or no rule yet (`no_rule`)."""
    base = sum(line.amount for line in occasion.lines if line.is_priced)
    told = {
        "type": reason,
        "currency": occasion.currency,
        "base": unscaled(base),
        "result": 0,
    }
    return Verdict(points=0, base=Decimal(base) / SCALE, explanation=told)


def _verdict(program: Program, judgement: judging.Judgement) -> Verdict:
    return Verdict(
        points=judgement.points,
        base=judgement.base,
        explanation=judgement.explanation,
        rule_version=f"v{program.number}",
        rule_version_id=program.terms.id,
        parts=judgement.parts,
        faults=judgement.faults,
    )


def _return_told(
    sale: str, sale_told: Mapping[str, Any], found: Sequence[PartReturn], before: int
) -> dict[str, Any]:
    """The return as a whole; the entries keep what went off of each part."""
    if len(found) == 1:
        return found[0].explanation
    points = sum(part.points for part in found)
    return {
        "type": "returned_parts",
        "sale": sale,
        "rule": sale_told.get("rule"),
        "earned": sale_told.get("result", 0),
        "parts": [part.explanation for part in found],
        "before": before,
        "total": before + points,
        "result": points,
    }


def taken_by(
    explanation: Mapping[str, Any], before: Sequence[SoldLine], after: Sequence[SoldLine]
) -> int:
    """The points that go off when a sale's returned quantities grow from `before` to `after`."""
    found = returns.back_from(explanation, sale="", before=before, after=after)
    return sum(part.points for part in found)


def repaired(verdict: Verdict, *, told_before: Mapping[str, Any]) -> Verdict:
    """What is to be granted on top of an earlier judgement, now that no rule is broken any more.

    `told_before` is the explanation of then. Each part goes into a lot of its own.
    """
    had = told_before.get("parts", [])
    parts = tuple(judging.missing_parts(verdict.parts, had))
    points = sum(part.points for part in parts)
    told = {
        **verdict.explanation,
        "type": "repaired",
        "had": had,
        "before": told_before.get("result", 0),
    }
    return Verdict(
        points=points,
        base=verdict.base,
        explanation=told,
        rule_version=verdict.rule_version,
        rule_version_id=verdict.rule_version_id,
        parts=parts,
    )


def told_of_lot(repair: Verdict, lot: int) -> dict[str, Any]:
    """The explanation that one lot of a repair keeps."""
    return repair.explanation | {"lot": lot, "result": repair.parts[lot].points}


def lots_after(
    verdict: Verdict, told_before: Mapping[str, Any], repair: Verdict, names: Sequence[str]
) -> list[str]:
    """Under which references of the ledger the parts of a repaired purchase are to be found.

    `names` has the references of the first judgement's parts, then those of the repair's lots.
    """
    had = told_before.get("parts", [])
    own = [(one.get("usable_at"), one.get("expires_at")) for one in had]
    own += [judging.times_key(part) for part in repair.parts]
    found = []
    for part in verdict.parts:
        key = judging.times_key(part)
        found.append(names[own.index(key)] if key in own else names[0])
    return found
