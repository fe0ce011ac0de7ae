"""What receipts add to their members' growth, told to the levels in the order of planning.

Money counts as far as it was paid in money; points as far as the purchase still has them. A return
lowers the growth of the day of its purchase, so any sequence of returns that brings everything
back leaves nothing of it.
"""

from datetime import datetime
from decimal import Decimal

from campaigns.policies.numbers import scaled
from sales.models import Receipt
from sales.policies.references import reference
from sales.services.drafts import Draft, Sale
from tiers.policies.growth import Figures, Movement, money_left
from tiers.services.climbing import Climb, day_of


def sold(climb: Climb, draft: Draft, *, cause: str) -> None:
    """A purchase that has been judged."""
    if draft.member_id is None:
        return
    receipt = draft.receipt
    not_money = receipt.paid_by_coupon + receipt.paid_by_points
    spent = money_left(total=scaled(draft.total), not_money=scaled(not_money), returned=0)
    figures = Figures(spent=spent, bought=draft.points_earned)
    climb.note(Movement(draft.member_id, day_of(receipt.occurred_at), figures, cause))


def came_back(climb: Climb, sale: Sale, total: Decimal, points: int, *, of: str) -> None:
    """A return of a known sale, of which `total` yuan and `points` go now; the sale's figures
    have it already."""
    if sale.member_id is None:
        return
    before = _left(sale, sale.returned_total - total)
    figures = Figures(spent=_left(sale, sale.returned_total) - before, bought=-points)
    day = day_of(sale.occurred_at)
    climb.note(Movement(sale.member_id, day, figures, of, returns=of))


def came_back_alone(
    climb: Climb, member_id: int | None, at: datetime, total: Decimal, points: int, *, cause: str
) -> None:
    """A return without a known sale: it lowers its own day."""
    if member_id is None:
        return
    figures = Figures(spent=-scaled(total), bought=-points)
    climb.note(Movement(member_id, day_of(at), figures, cause, returns=cause))


def repaired(climb: Climb, receipt: Receipt, earned: int, clawed: int) -> None:
    """A purchase that a broken rule had cut short: `earned` and `clawed` are its figures now."""
    if receipt.member_id is None:
        return
    more = earned - clawed - (receipt.points_earned - receipt.points_clawed)
    cause = reference(receipt.store_id, receipt.number)
    day = day_of(receipt.occurred_at)
    climb.note(Movement(receipt.member_id, day, Figures(bought=more), cause))


def _left(sale: Sale, returned: Decimal) -> int:
    return money_left(
        total=scaled(sale.total), not_money=scaled(sale.not_money), returned=scaled(returned)
    )
