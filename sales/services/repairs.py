"""Purchases that met a broken rule: judged again once it is repaired, and made good."""

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from campaigns.models import RuleFault
from campaigns.selectors import rules
from campaigns.services import earning, events, faults
from campaigns.services.limits import Ask, Limits
from points.policies import DebtPolicy
from points.selectors import balances
from points.services import batch
from sales.models import Receipt
from sales.policies.references import reference
from sales.selectors import known
from sales.services import growth
from sales.services.drafts import sold_lines
from sales.services.occasions import Occasions, in_force, stored_purchase
from tiers.services.climbing import Climb

_NO_POINTS = 0


class Repaired(NamedTuple):
    """How many purchases and events were looked at, and made good, with how many points."""

    looked_at: int
    repaired: int
    points: int


def are_open() -> bool:
    """Whether any purchase or event waits for a rule to be repaired."""
    return RuleFault.objects.filter(state=RuleFault.State.OPEN).exists()


def repair_open(*, now: datetime, after: int = 0, limit: int = 200) -> tuple[Repaired, int | None]:
    """Judge again what has an open fault, in the order in which the faults were noticed.

    Each purchase or event is a transaction of its own. Returns what was done and the id to go on
    after, None at the end. A fault that is still there stays open.
    """
    rows = list(
        RuleFault.objects.filter(state=RuleFault.State.OPEN, pk__gt=after)
        .order_by("pk")
        .values_list("pk", "reference")[:limit]
    )
    done = points = 0
    references = list(dict.fromkeys(told for _pk, told in rows))
    for told in references:
        granted = repair(reference=told, now=now)
        if granted is not None:
            done, points = done + 1, points + granted
    last = rows[-1][0] if len(rows) == limit else None
    return Repaired(len(references), done, points), last


def repair(*, reference: str, now: datetime) -> int | None:
    """Judge one purchase or event again; the points granted now, None while a fault is left.

    Locks the member's account, then the counters of limits, then the receipt.
    """
    kind, _colon, rest = reference.partition(":")
    if kind == "event":
        event = events.find(int(rest))
        before = event.points
        return event.points - before if events.judge_again(event=event, now=now) else None
    store_id, _colon, number = rest.partition(":")
    receipt = Receipt.objects.select_related("store").get(store_id=int(store_id), number=number)
    with transaction.atomic():
        return _Repair(receipt, now).work()


class _Repair:
    def __init__(self, receipt: Receipt, now: datetime) -> None:
        self.receipt = receipt
        self.now = now
        self.reference = reference(receipt.store_id, receipt.number)

    def work(self) -> int | None:
        receipt, member_id = self.receipt, self.receipt.member_id
        if member_id is None:
            return None
        batch.lock([member_id], at=self.now)
        self.climb = Climb(at=self.now, actor="system").load([member_id])
        verdict, limits = self._judged(member_id)
        if verdict.faults:
            return None
        receipt = self.receipt = Receipt.objects.select_for_update(of=("self",)).get(pk=receipt.pk)
        more = verdict.points - receipt.points_earned
        if more > 0:
            self._grant(member_id, verdict, limits)
            limits.save()
        faults.close(reference=self.reference, points=max(more, _NO_POINTS), at=self.now)
        return max(more, _NO_POINTS)

    def _judged(self, member_id: int) -> tuple[earning.Verdict, Limits]:
        timetable = rules.timetable()
        purchase = stored_purchase(self.receipt)
        occasions = Occasions(
            stores=[self.receipt.store], programs=in_force(timetable), climb=self.climb
        )
        occasions.load([purchase])
        limits = Limits()
        program = timetable.at(purchase.at)
        asks = [Ask(program, member_id, occasions.local(purchase))] if program else []
        limits.load(asks, [self.receipt.explanation], lock=True)
        # It is judged as if for the first time: what it had used of the limits is free again.
        limits.give_back(
            self.receipt.explanation, member_id, before=0, after=self.receipt.points_earned
        )
        judge = earning.Judge(timetable=timetable, limits=limits)
        return judge.purchase(occasions.of(purchase), member_id=member_id), limits

    def _grant(self, member_id: int, verdict: earning.Verdict, limits: Limits) -> None:
        receipt = self.receipt
        repair = earning.repaired(verdict, told_before=receipt.explanation)
        note: dict[str, Any] = {
            "member_id": member_id,
            "source": "purchase",
            "actor": "system",
            "store_id": receipt.store_id,
            "rule_version": repair.rule_version,
        }
        orders: list[batch.Order] = [
            batch.Earn(
                points=part.points,
                reference=self._own("repair", lot),
                at=receipt.occurred_at,
                expires_at=part.expires_at,
                usable_at=part.usable_at,
                explanation=earning.told_of_lot(repair, lot),
                **note,
            )
            for lot, part in enumerate(repair.parts)
        ]
        names = [
            reference(receipt.store_id, receipt.number, place)
            for place in range(len(receipt.explanation.get("parts", ())))
        ]
        names += [order.reference for order in orders]
        lots = earning.lots_after(verdict, receipt.explanation, repair, names)
        taken = self._taken(verdict)
        if taken > receipt.points_clawed:
            due = taken - receipt.points_clawed
            orders.append(
                batch.ClawBack(
                    points=due,
                    reference=self._own("repair-back"),
                    at=self.now,
                    of_reference=self._own("repair"),
                    debt_policy=DebtPolicy(balances.ledger_settings().debt_policy),
                    explanation=_returned_meanwhile(receipt, taken),
                    **note,
                )
            )
            limits.give_back(verdict.explanation, member_id, before=0, after=taken)
        batch.post(orders, recorded_at=self.now)
        growth.repaired(self.climb, receipt, verdict.points, max(taken, receipt.points_clawed))
        self.climb.save()
        receipt.points_earned = verdict.points
        receipt.points_clawed = max(taken, receipt.points_clawed)
        receipt.explanation = verdict.explanation | {"lots": lots}
        receipt.rule_version_id = verdict.rule_version_id
        receipt.base = verdict.base
        receipt.save(
            update_fields=[
                "points_earned",
                "points_clawed",
                "explanation",
                "rule_version",
                "base",
            ]
        )

    def _taken(self, verdict: earning.Verdict) -> int:
        """What the returns until now have to have taken, by the new explanation."""
        lines = known.lines_of([self.receipt.pk])[self.receipt.pk]
        now = sold_lines(lines)
        nothing = [replace(line, returned=line.returned * 0) for line in now]
        return earning.taken_by(verdict.explanation, nothing, now)

    def _own(self, kind: str, lot: int = 0) -> str:
        place = f":{lot}" if lot else ""
        return f"receipt-{kind}{place}:{self.receipt.store_id}:{self.receipt.number}"


def _returned_meanwhile(receipt: Receipt, taken: int) -> dict[str, Any]:
    return {
        "type": "returned_meanwhile",
        "sale": receipt.number,
        "before": receipt.points_clawed,
        "total": taken,
        "result": taken - receipt.points_clawed,
    }
