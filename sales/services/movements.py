"""What planned receipts do to points and coupons, booked in the order of planning.

Earnings and claw-backs go to the ledger in sets. What was paid with points or coupons goes one by
one between them: few receipts are, and the others need no statement for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from campaigns.policies.numbers import plain
from mall.services import coupons
from points.selectors import balances
from points.services import batch, restoring
from points.services.rows import Posting
from sales.models import Checkout
from sales.policies import refunds
from sales.policies.references import reference
from sales.policies.refunds import Back
from sales.services import payments
from sales.services.drafts import Sale, sold_lines


@dataclass(frozen=True, slots=True)
class Pay:
    """A sale pays with what its checkout set aside."""

    checkout: Checkout


@dataclass(frozen=True, slots=True)
class SpendBack:
    """Spent points of a returned purchase go back; `plan` knows the hold they were spent by."""

    member_id: int
    plan: dict[str, Any]
    points: int
    reference: str
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CouponsBack:
    """The whole of an order has come back: its coupons, by their templates. `told` hears it."""

    order: str
    told: list[dict[str, Any]] = field(default_factory=list)


Movement = batch.Order | Pay | SpendBack | CouponsBack


def of_return(sale: Sale, back: Back, *, store_id: int, number: str) -> Iterator[Movement]:
    """What the return `number` gives back of what its sale had been paid with.

    Points and coupons that were taken elsewhere, without a checkout here, are only told.
    """
    plan = sale.plan
    if plan is None or sale.member_id is None:
        return
    if back.points and plan["reference"]:
        told = {"type": "spent_back", "sale": sale.number, "yuan": plain(back.by_points)}
        name = reference(store_id, number, what="receipt-restore")
        yield SpendBack(sale.member_id, plan, back.points, name, told)
    if plan["coupons_of"] and refunds.is_whole(sold_lines(sale.lines)):
        yield CouponsBack(plan["coupons_of"])


def post(
    movements: Sequence[Movement], *, store_id: int, actor: str, now: datetime
) -> list[Posting | None]:
    """Book them all, in the caller's transaction; an answer for each that moved the ledger.

    Raises what the ledger and `payments.pay` refuse; the caller then rolls everything back.
    """
    answers: list[Posting | None] = []
    for is_set, group in groupby(movements, key=_is_order):
        if is_set:
            answers += batch.post(list(_orders(group)), recorded_at=now)
        else:
            answers += [_move(one, store_id, actor, now) for one in group]
    return answers


def _is_order(movement: Movement) -> bool:
    return isinstance(movement, batch.Earn | batch.ClawBack)


def _orders(movements: Iterable[Movement]) -> Iterable[batch.Order]:
    return (one for one in movements if isinstance(one, batch.Earn | batch.ClawBack))


def _move(movement: Movement, store_id: int, actor: str, now: datetime) -> Posting | None:
    if isinstance(movement, Pay):
        if movement.checkout.state != Checkout.State.CAPTURED:
            payments.pay(movement.checkout, actor=actor, now=now)
    elif isinstance(movement, SpendBack):
        return restoring.restore(
            member_id=movement.member_id,
            spend_reference=movement.plan["reference"],
            reference=movement.reference,
            actor=actor,
            at=now,
            points=movement.points,
            grace_until=balances.ledger_settings().grace_until(now),
            explanation=movement.explanation,
        )
    elif isinstance(movement, CouponsBack):
        _coupons_back(movement, store_id, actor, now)
    return None


def _coupons_back(movement: CouponsBack, store_id: int, actor: str, now: datetime) -> None:
    returned = coupons.give_back(
        store_id=store_id, order=movement.order, codes=None, actor=actor, at=now
    )
    movement.told.extend(
        {
            "code": one.code,
            "is_back": one.is_given_back,
            "yuan": str(one.yuan),
            "until": one.expires_at.isoformat(),
        }
        for one in returned
    )
