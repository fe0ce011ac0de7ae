"""What taking in receipts will do: decided from loaded facts, without a query or a write.

The intake loads, plans, books and writes; a dry run stops after the plan.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from campaigns.policies.returns import PartReturn
from campaigns.services import earning, faults
from points.services import batch
from sales import exceptions
from sales.models import Receipt
from sales.policies import receipts, refunds, returns
from sales.policies.receipts import Fault, LineInput, ReceiptInput
from sales.policies.references import reference
from sales.policies.refunds import Back
from sales.selectors.known import WaitingReturn
from sales.services import growth, movements
from sales.services.drafts import (
    ZERO,
    Draft,
    Facts,
    Outcome,
    Sale,
    Settled,
    answer_of,
    buyer_of,
    disputed,
    drafted_sale,
    is_same_member,
    lot_of,
    refusal_of,
    refused_outcome,
    replayed,
    sold_lines,
)
from sales.services.occasions import purchase_of, waiting_purchase
from stores.models import Store


class Planner:
    """Plans receipts one after the other; later ones see what earlier ones will do."""

    def __init__(
        self, *, store: Store, facts: Facts, source: str, actor: str, now: datetime
    ) -> None:
        self.store = store
        self.facts = facts
        self.source = source
        self.actor = actor
        self.now = now
        self.drafts: dict[str, Draft] = {}
        self.orders: list[movements.Movement] = []
        # Which receipt each order belongs to; a receipt may have several.
        self.numbers: list[str] = []
        self.faults: list[faults.Noticed] = []
        self.settled: list[Settled] = []
        self.repeats: list[tuple[Outcome, Outcome]] = []
        self._waiting: dict[str, list[Draft]] = {}

    def add(self, receipt: ReceiptInput) -> Outcome:
        """Plan one receipt that passed `receipts.faults`."""
        try:
            member_id = buyer_of(receipt, self.facts)
        except exceptions.ReceiptRefused as refusal:
            return refused_outcome(receipt, refusal)
        mark = receipts.fingerprint(receipt)
        earlier = self._earlier(receipt, mark, member_id)
        if earlier is not None:
            return earlier
        amounts = [receipts.line_amount(line) for line in receipt.lines]
        draft = Draft(
            receipt=receipt,
            outcome=Outcome(number=receipt.number, kind=receipt.kind, member_id=member_id),
            fingerprint=mark,
            state=Receipt.State.POSTED,
            total=sum(amounts, ZERO),
            member_id=member_id,
            amounts=amounts,
        )
        fault = self._decide(draft)
        if fault is not None:
            return refused_outcome(receipt, refusal_of(fault))
        self.drafts[receipt.number] = draft
        return answer_of(draft)

    def _order(self, number: str, movement: movements.Movement) -> None:
        self.numbers.append(number)
        self.orders.append(movement)

    def _earlier(self, receipt: ReceiptInput, mark: str, member_id: int | None) -> Outcome | None:
        """The first answer, when this number is already there; a refusal if it was different."""
        known = self.facts.known.get(receipt.number)
        drafted = self.drafts.get(receipt.number)
        if known is not None:
            same = known.fingerprint == mark and is_same_member(receipt, member_id, known)
            if same:
                return replayed(known)
        elif drafted is None:
            return None
        elif drafted.fingerprint == mark and is_same_member(receipt, member_id, drafted):
            self.repeats.append((replace(drafted.outcome, is_replay=True), drafted.outcome))
            return self.repeats[-1][0]
        return refused_outcome(receipt, exceptions.DuplicateNumber(number=receipt.number))

    def _decide(self, draft: Draft) -> Fault | None:
        if draft.receipt.kind == Receipt.Kind.SALE:
            self._sell(draft)
            return None
        if not draft.receipt.original_number:
            self._take_back_unlinked(draft)
            return None
        sale = self._sale(draft.receipt.original_number)
        if sale is None:
            self._wait(draft)
            return None
        return self._take_back_linked(draft, sale)

    def _sell(self, draft: Draft) -> None:
        purchase = purchase_of(draft.receipt, self.store.pk, draft.member_id)
        verdict = self.facts.judge.purchase(
            self.facts.occasions.of(purchase), member_id=draft.member_id
        )
        self.facts.occasions.note(purchase)
        self._write_verdict(draft, verdict)
        draft.points_earned = verdict.points
        number = draft.receipt.number
        draft.checkout = self.facts.checkouts.get(number)
        if draft.checkout is not None:
            self._order(number, movements.Pay(draft.checkout))
        self._grant(draft, verdict)
        growth.sold(self.facts.climb, draft, cause=self.reference(number))
        if verdict.faults and verdict.rule_version_id is not None:
            self.faults.append(
                faults.Noticed(
                    self.reference(number),
                    draft.member_id,
                    verdict.rule_version_id,
                    verdict.faults,
                )
            )
        for waiting in self.facts.waiting.pop(number, ()):
            self.settle(waiting, self._sale_of(draft))
        for later in self._waiting.pop(number, ()):
            self._settle_draft(later, self._sale_of(draft))

    def _grant(self, draft: Draft, verdict: earning.Verdict) -> None:
        if draft.member_id is None:
            return
        for place, part in enumerate(verdict.parts):
            several = {"part": place} if len(verdict.parts) > 1 else {}
            self._order(
                draft.receipt.number,
                batch.Earn(
                    member_id=draft.member_id,
                    points=part.points,
                    reference=self.reference(draft.receipt.number, place),
                    source=self.source,
                    actor=self.actor,
                    at=draft.receipt.occurred_at,
                    expires_at=part.expires_at,
                    usable_at=part.usable_at,
                    store_id=self.store.pk,
                    rule_version=verdict.rule_version,
                    explanation=verdict.explanation | several,
                ),
            )

    def _take_back_unlinked(self, draft: Draft) -> None:
        purchase = purchase_of(draft.receipt, self.store.pk, draft.member_id)
        verdict = self.facts.judge.unlinked_return(
            self.facts.occasions.of(purchase), member_id=draft.member_id
        )
        self._write_verdict(draft, verdict)
        draft.points_clawed = verdict.points
        number, at = draft.receipt.number, draft.receipt.occurred_at
        self._claw(draft.member_id, number, at, verdict, None)
        cause = self.reference(number)
        growth.came_back_alone(
            self.facts.climb, draft.member_id, at, draft.total, verdict.points, cause=cause
        )

    def _take_back_linked(self, draft: Draft, sale: Sale) -> Fault | None:
        found = self._return_of(
            sale,
            member_id=draft.member_id,
            currency=draft.receipt.currency,
            total=draft.total,
            lines=draft.receipt.lines,
        )
        if isinstance(found, Fault):
            return found
        verdict, draft.back = found
        draft.sale = sale
        draft.member_id = draft.outcome.member_id = draft.member_id or sale.member_id
        self._write_verdict(draft, verdict)
        draft.points_clawed = verdict.points
        number, at = draft.receipt.number, draft.receipt.occurred_at
        draft.explanation = self._give_back(number, sale, draft.back, draft.explanation)
        self._claw(sale.member_id, number, at, verdict, sale)
        return None

    def settle(self, waiting: WaitingReturn, sale: Sale) -> None:
        """Decide a return that waited for `sale`; what does not fit is left for a person."""
        found = self._return_of(
            sale,
            member_id=waiting.member_id,
            currency=waiting.currency,
            total=waiting.total,
            lines=waiting.lines,
        )
        member_id = waiting.member_id or sale.member_id
        if isinstance(found, Fault):
            self.settled.append(
                Settled(
                    waiting,
                    sale,
                    Receipt.State.DISPUTED,
                    waiting.member_id,
                    fault=found.code,
                    explanation=disputed(found),
                )
            )
            return
        verdict, back = found
        told = self._give_back(waiting.number, sale, back, verdict.explanation)
        self.settled.append(
            Settled(
                waiting,
                sale,
                Receipt.State.POSTED,
                member_id,
                verdict.points,
                "",
                told,
                verdict.base,
                back=back,
            )
        )
        self._claw(sale.member_id, waiting.number, waiting.occurred_at, verdict, sale)

    def settle_alone(self, waiting: WaitingReturn) -> None:
        """Decide a return whose sale is not to be expected any more, as one without a sale."""
        verdict = self.facts.judge.unlinked_return(
            self.facts.occasions.of(waiting_purchase(waiting, self.store.pk)),
            member_id=waiting.member_id,
        )
        self.settled.append(
            Settled(
                waiting,
                None,
                Receipt.State.POSTED,
                waiting.member_id,
                verdict.points,
                "",
                verdict.explanation,
                verdict.base,
                verdict.rule_version_id,
            )
        )
        member_id, at = waiting.member_id, waiting.occurred_at
        self._claw(member_id, waiting.number, at, verdict, None)
        cause = self.reference(waiting.number)
        growth.came_back_alone(
            self.facts.climb, member_id, at, waiting.total, verdict.points, cause=cause
        )

    def _settle_draft(self, draft: Draft, sale: Sale) -> None:
        """The same for a return of this very batch that stood before its sale."""
        draft.state = Receipt.State.POSTED
        fault = self._take_back_linked(draft, sale)
        if fault is not None:
            draft.state, draft.fault, draft.sale = Receipt.State.DISPUTED, fault.code, sale
            draft.explanation = disputed(fault)
        answer_of(draft)

    def _return_of(
        self,
        sale: Sale,
        *,
        member_id: int | None,
        currency: str,
        total: Decimal,
        lines: Sequence[LineInput],
    ) -> tuple[earning.Verdict, Back] | Fault:
        if sale.kind != Receipt.Kind.SALE:
            return Fault("return_of_return", "original_number")
        if None not in (member_id, sale.member_id) and member_id != sale.member_id:
            return Fault("member_mismatch", "member")
        if currency != sale.currency:
            return Fault("currency_mismatch", "currency")
        matches = returns.match(lines, sale.lines)
        if isinstance(matches, Fault):
            return matches
        fault = returns.amount_fault(total=total, returned=sale.returned_total, sold=sale.total)
        if fault is not None:
            return fault
        return self._count_return(sale, matches, total)

    def _count_return(
        self, sale: Sale, matches: list[returns.Match], total: Decimal
    ) -> tuple[earning.Verdict, Back]:
        by_line = {line.line_no: line for line in sale.lines}
        before = sold_lines(sale.lines)
        base = ZERO
        for match in matches:
            line = by_line[match.line_no]
            line.returned += match.quantity
            sale.changed_lines.add(match.line_no)
            base += line.amount * match.quantity / line.quantity
        sale.returned_total += total
        sale.is_changed = True
        after = sold_lines(sale.lines)
        verdict = self.facts.judge.linked_return(
            sale_number=sale.number,
            sale_explanation=sale.explanation,
            member_id=sale.member_id,
            before=before,
            after=after,
            taken_before=sale.points_clawed,
            base=base.quantize(Decimal("0.0001")),
        )
        sale.points_clawed += verdict.points
        growth.came_back(
            self.facts.climb, sale, total, verdict.points, of=self.reference(sale.number)
        )
        return verdict, refunds.between(sale.paid(), before, after)

    def _give_back(
        self, number: str, sale: Sale, back: Back, explanation: dict[str, Any]
    ) -> dict[str, Any]:
        """What was spent goes back before what was earned goes off: the one pays the other.
        Returns the explanation with what becomes of coupons."""
        for movement in movements.of_return(sale, back, store_id=self.store.pk, number=number):
            self._order(number, movement)
            if isinstance(movement, movements.CouponsBack):
                explanation = explanation | {"coupons": movement.told}
        return explanation

    def _claw(
        self,
        member_id: int | None,
        number: str,
        at: datetime,
        verdict: earning.Verdict,
        sale: Sale | None,
    ) -> None:
        if member_id is None or not verdict.points:
            return
        whole = PartReturn(0, verdict.points, verdict.explanation)
        for nth, part in enumerate(verdict.returns or (whole,)):
            self._order(
                number,
                batch.ClawBack(
                    member_id=member_id,
                    points=part.points,
                    reference=self.reference(number, nth),
                    source=self.source,
                    actor=self.actor,
                    at=at,
                    of_reference=lot_of(sale, self.store.pk, part.place) if sale else None,
                    debt_policy=self.facts.debt_policy,
                    store_id=self.store.pk,
                    rule_version=verdict.rule_version,
                    explanation=part.explanation,
                ),
            )

    def _wait(self, draft: Draft) -> None:
        original = draft.receipt.original_number
        draft.state = Receipt.State.WAITING
        draft.explanation = {"type": "waiting", "sale": original, "result": 0}
        self._waiting.setdefault(original, []).append(draft)

    def _sale(self, number: str) -> Sale | None:
        if number in self.facts.sales:
            return self.facts.sales[number]
        draft = self.drafts.get(number)
        return self._sale_of(draft) if draft is not None else None

    def _sale_of(self, draft: Draft) -> Sale:
        """The drafted sale (or return: then it is refused as one) as returns see it."""
        number = draft.receipt.number
        if number not in self.facts.sales:
            self.facts.sales[number] = drafted_sale(draft)
        return self.facts.sales[number]

    def reference(self, number: str, place: int = 0) -> str:
        return reference(self.store.pk, number, place)

    @staticmethod
    def _write_verdict(draft: Draft, verdict: earning.Verdict) -> None:
        draft.base = verdict.base
        draft.explanation = verdict.explanation
        draft.rule_version_id = verdict.rule_version_id
