"""Whose receipts they are: members who are known, and those who are registered by buying."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from members.services import registration
from sales.policies.receipts import MemberRef, ReceiptInput
from sales.selectors import people
from stores.exceptions import Refusal


class Buyers(NamedTuple):
    """Members by how they were named, which of them are new, and who is at a checkout."""

    ids: dict[MemberRef, int]
    newcomers: set[int | None]
    at_checkout: set[int]


def known_or_new(
    receipts: Sequence[ReceiptInput], *, store_id: int, at: datetime, source: str, create: bool
) -> Buyers:
    """The members that `receipts` name, and which of them are new.

    Created, if asked, by external number or phone: before any lock, and in one order for all
    processes. Whom nobody knows and nothing creates is left out.
    """
    named = {receipt.member for receipt in receipts if receipt.member is not None}
    members, at_checkout = people.found(named)
    if not create:
        return Buyers(members, set(), at_checkout)
    missing = sorted(named - set(members))
    externals = [ref for ref in missing if ref.kind == "external"]
    if externals:
        ids = registration.register_many(
            external_numbers=[ref.value for ref in externals],
            at=at,
            store_id=store_id,
            source=source,
        )
        members |= {ref: ids[ref.value] for ref in externals}
    for ref in missing:
        if ref.kind == "phone":
            members |= _register(ref, store_id=store_id, at=at, source=source)
    newcomers: set[int | None] = {members[ref] for ref in missing if ref in members}
    return Buyers(members, newcomers, at_checkout)


def _register(ref: MemberRef, *, store_id: int, at: datetime, source: str) -> dict[MemberRef, int]:
    try:
        member = registration.register(phone=ref.value, store_id=store_id, at=at, source=source)
    except Refusal:
        # Taken a moment ago by somebody else, or no phone number: then it stays unknown.
        return people.members_of([ref])
    return {ref: member.pk}
