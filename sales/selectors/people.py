"""Which member a till or a file means."""

from collections.abc import Iterable

from members import policies
from members.models import Member
from members.selectors import CURRENT_ID
from sales.policies.receipts import MemberRef

_FIELDS = {"number": "number", "external": "external_number", "phone": "phone"}


def members_of(refs: Iterable[MemberRef]) -> dict[MemberRef, int]:
    """The ids of the members that exist, by how they were named. One query per way of naming.

    What names a row that was merged away leads to the member who is left.
    """
    wanted: dict[str, dict[str, list[MemberRef]]] = {}
    for ref in set(refs):
        value = policies.normalise_phone(ref.value) if ref.kind == "phone" else ref.value
        if value:
            wanted.setdefault(ref.kind, {}).setdefault(value, []).append(ref)
    found: dict[MemberRef, int] = {}
    for kind, by_value in wanted.items():
        field = _FIELDS[kind]
        rows = Member.objects.filter(erased_at=None, **{f"{field}__in": list(by_value)})
        for value, pk in rows.values_list(field, CURRENT_ID):
            found |= dict.fromkeys(by_value[value], pk)
    return found
