"""Which member a till or a file means."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from members import policies
from members.models import Member
from members.selectors import CURRENT_ID
from sales.models import Checkout
from sales.policies.receipts import MemberRef
from sales.selectors import checkouts

_FIELDS = {"number": "number", "external": "external_number", "phone": "phone"}


class Found(NamedTuple):
    """Members by how they were named, and those of them with a checkout that is still to be paid
    with: asked for in the same query, so that other receipts need none for it."""

    ids: dict[MemberRef, int]
    at_checkout: set[int]


def members_of(refs: Iterable[MemberRef]) -> dict[MemberRef, int]:
    """The ids of the members that exist, by how they were named. One query per way of naming.

    What names a row that was merged away leads to the member who is left.
    """
    return found(refs).ids


def found(refs: Iterable[MemberRef]) -> Found:
    """As `members_of`, with who is at a checkout."""
    wanted: dict[str, dict[str, list[MemberRef]]] = {}
    for ref in set(refs):
        value = policies.normalise_phone(ref.value) if ref.kind == "phone" else ref.value
        if value:
            wanted.setdefault(ref.kind, {}).setdefault(value, []).append(ref)
    ids: dict[MemberRef, int] = {}
    at_checkout: set[int] = set()
    is_paying = Exists(Checkout.objects.filter(checkouts.open_of(OuterRef("current"))))
    for kind, by_value in wanted.items():
        field = _FIELDS[kind]
        rows = Member.objects.filter(erased_at=None, **{f"{field}__in": list(by_value)})
        rows = rows.annotate(current=CURRENT_ID, is_paying=is_paying)
        for value, pk, pays in rows.values_list(field, "current", "is_paying"):
            ids |= dict.fromkeys(by_value[value], pk)
            if pays:
                at_checkout.add(pk)
    return Found(ids, at_checkout)
