"""What the planning of receipts works on: outcomes, drafts, and sales as their returns see them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from campaigns.policies.returns import SoldLine
from campaigns.services import earning
from points.policies import DebtPolicy
from sales import exceptions
from sales.models import Checkout, Receipt
from sales.policies import refunds
from sales.policies.receipts import Fault, MemberRef, ReceiptInput
from sales.policies.references import reference
from sales.policies.refunds import Back, PaidLine
from sales.policies.returns import SaleLine
from sales.selectors.known import KnownReceipt, WaitingReturn
from sales.services.occasions import Occasions
from stores.exceptions import Refusal
from tiers.services.climbing import Climb

ZERO = Decimal(0)


@dataclass(slots=True)
class Outcome:
    """What became of one receipt. `points` is signed; `refusal` is set when it was not taken.

    `shortfall` is the points of a return that the member no longer had and does not owe; `deduct`
    the yuan that the till keeps from the refund for them, None when it keeps nothing.
    """

    number: str
    kind: str = ""
    state: str = ""
    points: int = 0
    explanation: dict[str, Any] = field(default_factory=dict)
    receipt_id: int | None = None
    member_id: int | None = None
    total: Decimal = ZERO
    fault: str = ""
    available: int | None = None
    pending: int | None = None
    debt: int | None = None
    shortfall: int = 0
    deduct: Decimal | None = None
    is_replay: bool = False
    is_newcomer: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class Draft:
    """A receipt to be inserted."""

    receipt: ReceiptInput
    outcome: Outcome
    fingerprint: str
    state: str
    total: Decimal
    member_id: int | None
    amounts: list[Decimal]
    base: Decimal = ZERO
    fault: str = ""
    points_earned: int = 0
    points_clawed: int = 0
    explanation: dict[str, Any] = field(default_factory=dict)
    rule_version_id: int | None = None
    sale: "Sale | None" = None
    checkout: Checkout | None = None
    back: Back | None = None
    id: int = 0


@dataclass(slots=True)
class Sale:
    """A sale as its returns see it: stored before, or drafted in this very batch.

    `by_coupon` and `by_points` are the yuan of the total that were not paid in money; `plan` says
    it line by line, where a checkout of ours paid them.
    """

    number: str
    kind: str
    member_id: int | None
    occurred_at: datetime
    by_coupon: Decimal
    by_points: Decimal
    currency: str
    total: Decimal
    returned_total: Decimal
    points_earned: int
    points_clawed: int
    explanation: dict[str, Any]
    lines: list[SaleLine]
    id: int | None = None
    is_of_erased: bool = False
    draft: Draft | None = None
    is_changed: bool = False
    changed_lines: set[int] = field(default_factory=set)
    plan: dict[str, Any] | None = None

    @property
    def not_money(self) -> Decimal:
        return self.by_coupon + self.by_points

    def paid(self) -> list[PaidLine]:
        """How its lines were paid, where not in money alone."""
        if self.plan is not None:
            return refunds.paid_lines(self.plan)
        if not self.not_money:
            return []
        return refunds.spread(sold_lines(self.lines), self.by_coupon, self.by_points)


@dataclass(slots=True)
class Settled:
    """A waiting return that is decided now."""

    waiting: WaitingReturn
    sale: Sale | None
    state: str
    member_id: int | None
    points: int = 0
    fault: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)
    base: Decimal = ZERO
    rule_version_id: int | None = None
    shortfall: int = 0
    deduct: Decimal | None = None
    back: Back | None = None


@dataclass(slots=True)
class Facts:
    """What is known before planning, read under the locks."""

    members: dict[MemberRef, int]
    known: dict[str, KnownReceipt]
    sales: dict[str, Sale]
    waiting: dict[str, list[WaitingReturn]]
    judge: earning.Judge
    occasions: Occasions
    climb: Climb
    debt_policy: DebtPolicy = DebtPolicy.OWE
    # By the number of the receipt that pays with it.
    checkouts: dict[str, Checkout] = field(default_factory=dict)


def buyer_of(receipt: ReceiptInput, facts: Facts) -> int | None:
    """Whose receipt it is; raises `ReceiptRefused` for somebody whom nobody knows.

    Who brings back what an erased member bought may name that person as before: the return
    belongs to its sale, and the name leads to nobody any more, or to who came anew.
    """
    if receipt.member is None:
        return None
    sale = facts.sales.get(receipt.original_number)
    if sale is not None and sale.is_of_erased:
        return sale.member_id
    if receipt.member not in facts.members:
        raise exceptions.ReceiptRefused(
            "unknown_member", field="member", member=receipt.member.value
        )
    return facts.members[receipt.member]


def stored_sale(row: KnownReceipt, lines: list[SaleLine]) -> Sale:
    """A sale (or return: then it is refused as one) that is in, as returns see it."""
    return Sale(
        number=row.number,
        kind=row.kind,
        member_id=row.member_id,
        occurred_at=row.occurred_at,
        by_coupon=row.paid_by_coupon,
        by_points=row.paid_by_points,
        plan=row.plan,
        currency=row.currency,
        total=row.total,
        returned_total=row.returned_total,
        points_earned=row.points_earned,
        points_clawed=row.points_clawed,
        explanation=row.explanation,
        lines=lines,
        id=row.id,
        is_of_erased=row.is_of_erased,
    )


def drafted_sale(draft: Draft) -> Sale:
    """The same of one that is only planned."""
    receipt = draft.receipt
    amounts = zip(receipt.lines, draft.amounts, strict=True)
    return Sale(
        number=receipt.number,
        kind=receipt.kind,
        member_id=draft.member_id,
        occurred_at=receipt.occurred_at,
        by_coupon=receipt.paid_by_coupon,
        by_points=receipt.paid_by_points,
        plan=None if draft.checkout is None else draft.checkout.plan,
        currency=receipt.currency,
        total=draft.total,
        returned_total=ZERO,
        points_earned=draft.points_earned,
        points_clawed=0,
        explanation=draft.explanation,
        lines=[
            SaleLine(line_no, line.sku, line.unit_price, amount, line.quantity, ZERO)
            for line_no, (line, amount) in enumerate(amounts, start=1)
        ],
        draft=draft,
    )


def replayed(known: KnownReceipt) -> Outcome:
    """The first answer to a receipt that is already there."""
    is_sale = known.kind == Receipt.Kind.SALE
    return Outcome(
        number=known.number,
        kind=known.kind,
        state=known.state,
        points=known.points_earned if is_sale else -known.points_clawed,
        explanation=known.explanation,
        receipt_id=known.id,
        member_id=known.member_id,
        total=known.total,
        fault=known.fault,
        available=known.available_after,
        pending=known.pending_after,
        debt=known.debt_after,
        shortfall=known.shortfall,
        deduct=known.deduct,
        is_replay=True,
    )


def refusal_of(fault: Fault) -> exceptions.ReceiptRefused:
    """A fault as a refusal that people can read."""
    return exceptions.ReceiptRefused(
        fault.code, field=fault.field, line_no=fault.line_no, **fault.params
    )


def answer_of(draft: Draft) -> Outcome:
    """What was decided about a receipt, told to its outcome."""
    outcome = draft.outcome
    is_sale = draft.receipt.kind == Receipt.Kind.SALE
    outcome.points = draft.points_earned if is_sale else -draft.points_clawed
    outcome.state = draft.state
    outcome.fault = draft.fault
    outcome.explanation = draft.explanation
    outcome.total = draft.total
    return outcome


def refused_outcome(receipt: ReceiptInput, refusal: Refusal) -> Outcome:
    """The answer to a receipt that is not taken."""
    return Outcome(number=receipt.number, kind=receipt.kind, state="refused", refusal=refusal)


def is_same_member(receipt: ReceiptInput, given: int | None, known: KnownReceipt | Draft) -> bool:
    """A linked return without a member has taken its sale's, a sale without one its checkout's,
    so it may have one now."""
    if (receipt.as_came or receipt).member is not None:
        return given == known.member_id
    is_paid = known.checkout if isinstance(known, Draft) else known.plan
    return known.member_id is None or bool(receipt.original_number) or is_paid is not None


def disputed(fault: Fault) -> dict[str, Any]:
    """Why a return does not fit its sale, with the figures of that moment."""
    return {"type": "disputed", "fault": fault.code, "params": fault.params, "result": 0}


def sold_lines(lines: Iterable[SaleLine]) -> list[SoldLine]:
    """The lines of a sale with how much of them is back by now."""
    return [
        SoldLine(line.line_no, line.unit_price, line.amount, line.quantity, line.returned)
        for line in lines
    ]


def lot_of(sale: Sale, store_id: int, place: int) -> str:
    """The ledger's reference of a part of a sale; after a repair the sale itself knows."""
    lots: list[str] | None = sale.explanation.get("lots")
    return lots[place] if lots else reference(store_id, sale.number, place)
