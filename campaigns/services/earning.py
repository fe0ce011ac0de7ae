"""What a receipt earns and what a return takes back: the questions that the sales ask.

No writes and no locks: the answers are plain values that the intake books. The inside may grow
into any rule engine; the questions and the shape of the answers stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from campaigns import policies


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whole points (never negative), the amount that counted, and why.

    `expires_at` is None for points that never expire; both instants only matter for a purchase.
    """

    points: int
    base: Decimal
    explanation: dict[str, Any]
    rule_version: str = ""
    rule_version_id: int | None = None
    usable_at: datetime | None = None
    expires_at: datetime | None = None


def purchase(
    *,
    timetable: policies.Timetable,
    basket: policies.Basket,
    at: datetime,
    zone: ZoneInfo,
    has_member: bool,
) -> Verdict:
    """What `basket`, bought at `at` in a store of time zone `zone`, earns its buyer.

    The rule version in force at `at` judges it, however late it is asked.
    """
    rule = timetable.at(at)
    if not has_member or rule is None:
        return _nothing(basket, reason="no_rule" if has_member else "no_member")
    judgement = policies.judge(rule, basket)
    return Verdict(
        points=judgement.points,
        base=judgement.base,
        explanation=judgement.explanation,
        rule_version=f"v{rule.number}",
        rule_version_id=rule.id,
        usable_at=policies.usable_at(rule, at) if rule.pending_days else None,
        expires_at=policies.expires_at(rule, at, zone),
    )


def unlinked_return(
    *,
    timetable: policies.Timetable,
    basket: policies.Basket,
    at: datetime,
    has_member: bool,
) -> Verdict:
    """What a return without a known sale takes back: what its goods would earn at `at`."""
    rule = timetable.at(at)
    if not has_member or rule is None:
        return _nothing(basket, reason="no_rule" if has_member else "no_member")
    judgement = policies.judge(rule, basket)
    return Verdict(
        points=judgement.points,
        base=judgement.base,
        explanation=judgement.explanation | {"type": "purchase_return"},
        rule_version=f"v{rule.number}",
        rule_version_id=rule.id,
    )


def linked_return(
    *,
    sale_number: str,
    sale_explanation: dict[str, Any],
    lines: Sequence[policies.SoldLine],
    taken_before: int,
    base: Decimal,
) -> Verdict:
    """What a return takes back of what its sale earned (F74).

    `lines` are the sale's lines with everything returned so far, this return included;
    `taken_before` is what earlier returns took. Cumulative, so the last return takes the rest.
    """
    total = policies.taken_back(sale_explanation, lines)
    explanation: dict[str, Any] = {
        "type": "linked_return",
        "sale": sale_number,
        "earned": sale_explanation["result"],
        "returned": [
            [line.line_no, policies.plain(line.returned)] for line in lines if line.returned
        ],
        "before": taken_before,
        "total": total,
        "result": total - taken_before,
    }
    rule = sale_explanation.get("rule")
    return Verdict(
        points=total - taken_before,
        base=base,
        explanation=explanation,
        rule_version=f"v{rule}" if rule else "",
    )


def _nothing(basket: policies.Basket, *, reason: str) -> Verdict:
    judgement = policies.unearned(basket, reason)
    return Verdict(points=0, base=judgement.base, explanation=judgement.explanation)
