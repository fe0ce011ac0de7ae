"""What the answers to receipts say besides: what could not be taken, and the balance after."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from points.selectors import balances
from points.services.rows import Posting
from sales.services.drafts import ZERO, Outcome, Settled
from sales.services.planning import Planner


def note_shortfalls(planner: Planner, postings: Sequence[Posting | None]) -> None:
    """Tell each return what its claw-back left open, and what the till keeps for it."""
    short: dict[str, list[Posting]] = {}
    for number, posting in zip(planner.numbers, postings, strict=True):
        if posting is not None and posting.shortfall:
            short.setdefault(number, []).append(posting)
    if not short:
        return
    returns: list[tuple[str, Outcome | Settled]] = [
        *((number, draft.outcome) for number, draft in planner.drafts.items()),
        *((item.waiting.number, item) for item in planner.settled),
    ]
    for number, told in returns:
        if found := short.get(number):
            told.shortfall = sum(posting.shortfall for posting in found)
            deducts = [p.deduct for p in found if p.deduct is not None]
            told.deduct = sum(deducts, ZERO) if deducts else None


def note_balances(outcomes: Iterable[Outcome], *, at: datetime) -> None:
    """Add each member's figures of now."""
    for outcome in outcomes:
        if outcome.member_id is not None:
            balance = balances.balance(outcome.member_id, at=at)
            outcome.available, outcome.pending = balance.available, balance.pending
            outcome.debt = balance.debt
