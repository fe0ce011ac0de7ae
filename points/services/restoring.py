"""Giving back what was spent, also where the account has been merged meanwhile (F48, F74).

`ledger.restore` does it within one account. A member who was merged into another spent from an
account that is empty now: the points go back into the very lots there, and on from there, with
their days, to the member who is left.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from points.exceptions import AccountFrozen, EntryNotFound
from points.services import carried, ledger, merging
from points.services.book import Book
from points.services.rows import Posting


def restore(
    *,
    member_id: int,
    spend_reference: str,
    reference: str,
    actor: str,
    at: datetime,
    points: int | None = None,
    grace_until: datetime | None = None,
    explanation: dict[str, Any] | None = None,
) -> Posting:
    """As `ledger.restore`, for whoever has the spender's account now.

    Locks the account, and that of a merged member besides. Where the account that is left is
    frozen, the points follow with the job that tidies merges. Raises as `ledger.restore`.
    """
    told = explanation or {}
    order: dict[str, Any] = {
        "spend_reference": spend_reference,
        "reference": reference,
        "actor": actor,
    }
    try:
        return ledger.restore(
            **order,
            member_id=member_id,
            at=at,
            points=points,
            grace_until=grace_until,
            explanation=told,
        )
    except EntryNotFound:
        spender_id = _former(member_id, spend_reference, at)
        if spender_id is None:
            raise
    with transaction.atomic():
        answer = ledger.restore(
            **order,
            member_id=spender_id,
            at=at,
            points=points,
            grace_until=grace_until,
            explanation=told,
        )
        move_on(member_id, spender_id, actor, at)
    return answer


def _former(member_id: int, reference: str, at: datetime) -> int | None:
    """The merged member in whose account an entry with this reference stands."""
    with transaction.atomic():
        book = Book(recorded_at=at)
        account = book.locked(member_id)
        key = (account.id, reference)
        entry = carried.entries(book, [key]).get(key)
        if entry is None:
            return None
        book.lock_accounts([entry.account_id])
        return book.accounts[entry.account_id].member_id


def move_on(kept_id: int, gone_id: int, actor: str, at: datetime) -> None:
    """Move what came back to a merged member on to the one that is left, unless that is frozen."""
    try:
        with transaction.atomic():
            merging.merge(kept_id=kept_id, gone_id=gone_id, actor=actor, at=at)
    except AccountFrozen:
        return
